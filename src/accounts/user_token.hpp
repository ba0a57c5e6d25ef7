// Reset tokens and log-in links: `<user>.<43 characters of base64url>`, 256 random bits. The user stands in front so that the row is found
// among theirs; the database keeps a hash of the whole text.
#pragma once

#include "base/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pollux::accounts {

// `secret` as random_token() makes it.
std::string write_user_token(UserId user, std::string_view secret);

struct UserToken {
    UserId user; // As the token says: it proves nothing before its hash is found.
    std::string hash;
};

// Strict: the id in its only form. nullopt for everything else.
std::optional<UserToken> read_user_token(std::string_view text);

} // namespace pollux::accounts
