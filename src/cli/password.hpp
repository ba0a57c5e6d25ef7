// The password of an admin, from the person or from a file.
#pragma once

#include "base/error.hpp"

#include <string>

namespace pollux::cli {

Result<std::string> ask_for_password();                          // Twice, without echo.
Result<std::string> read_password_file(std::string const& path); // Its first line.

} // namespace pollux::cli
