// Changing and resetting a password.
#pragma once

#include "accounts/password_guesses.hpp"

namespace pollux::accounts {

class PasswordService {
public:
    PasswordService(AccountsParts& parts, PasswordGuesses& guesses) : parts_(parts), guesses_(guesses) {}

    // Both end the user's sessions (the first: all but the one that asks) and every code and link that was sent before.

    // Errors: invalid_input (new_password), wrong_password, too_many_guesses, busy.
    asio::awaitable<Result<void>> change(http::Identity identity, std::string old_password, std::string new_password);

    // Verifies the user's number. Errors: invalid_input (new_password), invalid_reset_token, busy.
    asio::awaitable<Result<void>> reset(std::string reset_token, std::string new_password);

private:
    AccountsParts& parts_;
    PasswordGuesses& guesses_;
};

} // namespace pollux::accounts
