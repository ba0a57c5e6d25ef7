// A user, as the API shows them and as the room knows them.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"

#include <optional>
#include <string>

namespace pollux::accounts {

struct User {
    UserId id;
    std::string mobile; // E.164.
    std::optional<std::string> name;
    std::optional<std::string> email;
    std::string tier; // "basic" or "pro".
    bool is_verified = false;
    bool is_admin = false;
    Time date_joined;
    std::string custom_instructions; // What the model is told in every room; empty: nothing.
};
POLLUX_DESCRIBE(User, (id, mobile, name, email, tier, is_verified, is_admin, date_joined, custom_instructions))

// The answer to a sign-up: what was said in it, counting for nothing yet but the number.
struct SignedUp {
    UserId id;
    std::string mobile; // E.164.
    std::optional<std::string> name;
    std::optional<std::string> email;
    std::string tier;
    bool is_verified = false;
    bool is_admin = false;
    Time date_joined;
    std::string signup_token; // Given with a right code it proves whose sign-up this was.
};
POLLUX_DESCRIBE(SignedUp, (id, mobile, name, email, tier, is_verified, is_admin, date_joined, signup_token))

// With what nobody outside the room sees.
struct Account {
    User user;
    std::optional<std::string> password_hash;         // Counts for a login.
    std::optional<std::string> pending_password_hash; // Of a sign-up that nobody has confirmed with a code.
};

// An admin who was made by an operator.
struct Superuser {
    User user;
    std::string link_token; // For POST /auth/link/.
};

// What another room needs to know of a user.
struct UserBrief {
    std::string tier;
    std::string custom_instructions; // Empty: none.
};

} // namespace pollux::accounts
