// Refresh tokens: `v1.<user>.<session>.<n>.<MAC>`. The MAC is made of the text before it, the session's seed and a key that the database
// does not hold: so a stolen database forges none, and a token can be written again when its answer was lost.
#pragma once

#include "base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::accounts {

// A refresh token taken apart; nothing in it is proven before its MAC is.
struct RefreshToken {
    UserId user;
    SessionId session;
    std::int64_t counter = 0;
    std::string mac; // base64url.
};

// Strict: integers in their only form, a MAC of 43 characters. nullopt for everything else.
std::optional<RefreshToken> read_refresh_token(std::string_view text);

// Safe from any thread.
class RefreshTokens {
public:
    explicit RefreshTokens(std::string key) : key_(std::move(key)) {}

    std::string issue(UserId user, SessionId session, std::int64_t counter, std::string_view seed) const;
    bool is_genuine(RefreshToken const& token, std::string_view seed) const;

private:
    std::string const key_;
};

} // namespace pollux::accounts
