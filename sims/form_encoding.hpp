// Form encoding, as it stands in bodies and queries.
#pragma once

#include <string>
#include <string_view>

namespace pollux::sims {

std::string decode_component(std::string_view encoded); // %41 and + decoded.

} // namespace pollux::sims
