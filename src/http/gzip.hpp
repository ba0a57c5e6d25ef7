// One gzip member (RFC 1952) to its bytes and back, whole in memory: for what we made ourselves.
#pragma once

#include <string>
#include <string_view>

namespace pollux::http {

// Throws std::runtime_error for what is no gzip, is cut, or does not fit its own check sum.
std::string gunzip(std::string_view member);

std::string gzip(std::string_view bytes);

} // namespace pollux::http
