// What users see and change of their own account, including its deletion.
#pragma once

#include "accounts/password_guesses.hpp"

#include <functional>

namespace pollux::accounts {

// Another room's part in deleting a user. `erase` runs in the transaction that lets the user go, and may run again from its start: what
// shows anything of them ends there, and what takes long is asked for as a task. `erased` runs after COMMIT and never throws. Both are
// optional.
struct Eraser {
    std::function<asio::awaitable<void>(db::Transaction&, UserId)> erase;
    std::function<void(UserId)> erased;
};

class ProfileService {
public:
    ProfileService(AccountsParts& parts, PasswordGuesses& guesses) : parts_(parts), guesses_(guesses) {}

    // Before the first request; erasers run in the order they were added.
    void add_eraser(Eraser eraser) { erasers_.push_back(std::move(eraser)); }

    // Both: session_ended when the user was deleted meanwhile.
    asio::awaitable<Result<User>> me(UserId user);
    asio::awaitable<Result<User>> change(UserId user, ProfileChange change);

    // With the password that counts for logins, or in a confirmed session; else confirmation_required. Also too_many_guesses, busy.
    asio::awaitable<Result<void>> remove(http::Identity identity, std::optional<std::string> password);

    asio::awaitable<std::optional<UserBrief>> brief(UserId user) { return parts_.users.brief(user); }

private:
    asio::awaitable<Result<bool>> may_remove(http::Identity identity, Account const& account, std::optional<std::string> password);
    asio::awaitable<std::vector<SessionId>> remove_unit(db::Transaction& transaction, UserId user, std::string mobile, Time now);

    AccountsParts& parts_;
    PasswordGuesses& guesses_;
    std::vector<Eraser> erasers_;
};

} // namespace pollux::accounts
