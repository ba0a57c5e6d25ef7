// What this binary is.
#pragma once

#include <string>
#include <string_view>

namespace pollux::cli {

std::string_view version();     // "0.1.0"
std::string version_document(); // The version, the commit where the build knew it; the compiler and the libraries.

} // namespace pollux::cli
