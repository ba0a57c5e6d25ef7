// Access tokens for the users 1 to `users` of a prepared database, made with the server's JWT_SIGNING_KEY, valid for an hour.
#pragma once

#include "accounts/access_token.hpp"

#include <string>
#include <vector>

inline std::vector<std::string> bench_tokens(std::string const& signing_key, std::size_t users)
{
    pollux::accounts::AccessTokens issuer(signing_key, "", std::chrono::hours(1));
    auto const now = pollux::Clock().now();
    std::vector<std::string> tokens;
    for (std::size_t user = 1; user <= users; ++user) {
        auto const id = static_cast<std::int64_t>(user);
        tokens.push_back(issuer.issue({pollux::UserId{id}, pollux::SessionId{id}}, now));
    }
    return tokens;
}
