// Base64 with padding (RFC 4648, 4), as HTTP's Basic and Twilio's signatures have it. Ours is base64url: base/secrets.hpp.
#pragma once

#include <string>
#include <string_view>

namespace pollux {

std::string to_base64(std::string_view bytes);

} // namespace pollux
