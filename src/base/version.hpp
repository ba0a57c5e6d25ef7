// The version of this binary; CHANGELOG.md tells what came with it.
#pragma once

#include <string_view>

namespace pollux {

inline constexpr std::string_view version = "0.1.0";

} // namespace pollux
