#include "stripe/signature.hpp"

#include <sodium.h>

#include <array>

namespace pollux::sims::stripe {

std::string hmac_sha256_hex(std::string_view key, std::string_view message)
{
    auto const bytes = [](std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); };
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes(message), message.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_final(&state, mac.data());
    std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
    return hex.data();
}

std::string sign(std::vector<std::string> const& secrets, std::int64_t time, std::string_view payload)
{
    auto const stamp = std::to_string(time);
    std::string header = "t=" + stamp;
    for (auto const& secret : secrets) header += ",v1=" + hmac_sha256_hex(secret, stamp + "." + std::string(payload));
    return header;
}

} // namespace pollux::sims::stripe
