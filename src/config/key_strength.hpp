// Whether a key could be guessed by somebody who knows how people make up keys.
#pragma once

#include <string_view>

namespace pollux::config {

// Empty when the key will do, else what is wrong with it: "is shorter than 32 bytes".
std::string_view weakness(std::string_view key);

} // namespace pollux::config
