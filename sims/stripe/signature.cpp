#include "stripe/signature.hpp"

namespace pollux::sims::stripe {

std::string sign(std::vector<std::string> const& secrets, std::int64_t time, std::string_view payload)
{
    auto const stamp = std::to_string(time);
    std::string header = "t=" + stamp;
    for (auto const& secret : secrets) header += ",v1=" + hmac_sha256_hex(secret, stamp + "." + std::string(payload));
    return header;
}

} // namespace pollux::sims::stripe
