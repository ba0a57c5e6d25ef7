// Guesses at passwords, counted before they are compared: for an account and, from strangers, for their address and network as well. A
// number without an account is counted like one with, so that the answers tell nothing.
#pragma once

#include "accounts/accounts_parts.hpp"
#include "accounts/address_shares.hpp"
#include "accounts/guess_budgets.hpp"

namespace pollux::accounts {

// Who guesses.
struct Guesser {
    http::Peer peer;
    std::optional<http::Identity> device; // An access token of ours came along, however old.
};

// To be given back when the password was right.
using TakenGuess = std::vector<BudgetShare>;

class PasswordGuesses {
public:
    explicit PasswordGuesses(AccountsParts& parts) : parts_(parts) {}

    // `mobile`: E.164; `user`: whose it is, if anybody's. Errors: too_many_guesses.
    asio::awaitable<Result<TakenGuess>> take(std::string mobile, std::optional<UserId> user, Guesser guesser);

    asio::awaitable<void> give_back(TakenGuess taken);

private:
    asio::awaitable<Result<TakenGuess>> take_unit(db::Transaction& transaction, std::string mobile, std::optional<UserId> user,
                                                  Guesser guesser);

    AccountsParts& parts_;
};

} // namespace pollux::accounts
