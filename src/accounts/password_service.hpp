// Changing and resetting a password.
#pragma once

#include "accounts/accounts_parts.hpp"

namespace pollux::accounts {

class PasswordService {
public:
    explicit PasswordService(AccountsParts& parts) : parts_(parts) {}

    // Ends the user's other sessions. Errors: invalid_input (new_password), wrong_password, busy.
    asio::awaitable<Result<void>> change(http::Identity identity, std::string old_password, std::string new_password);

    // Ends all of the user's sessions and verifies his number. Errors: invalid_input (new_password), invalid_reset_token, busy.
    asio::awaitable<Result<void>> reset(std::string reset_token, std::string new_password);

private:
    AccountsParts& parts_;
};

} // namespace pollux::accounts
