// REDIS_URL: redis://[user:password@]host[:port][/number], or rediss:// for TLS. A password alone is written ":password@"; what is
// special in it stands percent-encoded.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::redis {

enum class Transport { plain, tls };

struct Url {
    Transport transport = Transport::plain;
    std::string host = "127.0.0.1"; // A name or an address, IPv6 without brackets.
    std::uint16_t port = 6379;
    std::string user;     // Empty: the default user.
    std::string password; // Empty: none is sent.
    int database = 0;
};

// The error's message says what is wrong and never repeats the text: it may hold a password.
Result<Url> parse_url(std::string_view text);

} // namespace pollux::redis
