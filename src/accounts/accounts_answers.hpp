// What log-ins and refreshes answer. The refresh token is left out for the pages, which have it in their cookie (session_cookie.hpp).
#pragma once

#include "accounts/user.hpp"
#include "base/json.hpp"

#include <string>

namespace pollux::accounts::answers {

struct Tokens {
    std::string access;
    Omittable<std::string> refresh;
    std::int64_t expires_in = 0; // Seconds that `access` has to live.
};
POLLUX_DESCRIBE(Tokens, (access, refresh, expires_in))

struct LoggedIn {
    std::string access;
    Omittable<std::string> refresh;
    std::string token_type;
    std::int64_t expires_in = 0; // As above.
    User user;
};
POLLUX_DESCRIBE(LoggedIn, (access, refresh, token_type, expires_in, user))

// Of verify-otp: tokens for signup and login, one of the others for reset_password and confirm.
struct Verified {
    Omittable<std::string> access;
    Omittable<std::string> refresh;
    Omittable<std::string> token_type;
    Omittable<std::int64_t> expires_in; // Seconds: of the access token, or of the reset token.
    Omittable<User> user;
    Omittable<std::string> reset_token;
    Omittable<Time> confirmed_until;
};
POLLUX_DESCRIBE(Verified, (access, refresh, token_type, expires_in, user, reset_token, confirmed_until))

} // namespace pollux::accounts::answers
