// Where tests/ lies: for tests that start what stands there.
#pragma once

#include <string>

namespace pollux::test {

std::string tests_folder();

} // namespace pollux::test
