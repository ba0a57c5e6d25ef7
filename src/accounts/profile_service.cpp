#include "accounts/profile_service.hpp"

#include "billing/billing_service.hpp"
#include "billing/left_behind.hpp"

namespace pollux::accounts {
namespace {

Error user_is_gone()
{
    return unauthenticated("session_ended", "This account was deleted.");
}

} // namespace

asio::awaitable<Result<User>> ProfileService::me(UserId user)
{
    auto account = co_await parts_.users.by_id(user);
    if (!account) co_return user_is_gone();
    co_return std::move(account->user);
}

asio::awaitable<Result<User>> ProfileService::change(UserId user, ProfileChange change)
{
    auto changed = co_await parts_.users.change_profile(user, std::move(change));
    if (!changed) co_return user_is_gone();
    co_return std::move(*changed);
}

asio::awaitable<Result<bool>> ProfileService::may_remove(http::Identity identity, Account const& account,
                                                         std::optional<std::string> password)
{
    auto const now = parts_.clock.now();
    auto const until = co_await parts_.sessions.confirmed_until(identity.user, identity.session);
    if (until && now < *until) co_return true;
    if (!password) co_return false;
    auto const guess = co_await guesses_.take(account.user.mobile, identity.user, {{}, identity});
    if (!guess) co_return guess.error();
    auto const matches = co_await parts_.passwords.matches(account.password_hash, std::move(*password));
    if (!matches || *matches) co_await guesses_.give_back(*guess);
    if (!matches) co_return matches.error();
    co_return *matches;
}

asio::awaitable<Result<void>> ProfileService::remove(http::Identity identity, std::optional<std::string> password)
{
    auto const account = co_await parts_.users.by_id(identity.user);
    if (!account) co_return user_is_gone();
    auto const may = co_await may_remove(identity, *account, std::move(password));
    if (!may) co_return may.error();
    if (!*may) {
        co_return forbidden("confirmation_required",
                            "Send your password along, or confirm this session with a code (purpose confirm) first.");
    }
    auto const now = parts_.clock.now();
    auto unit = [this, user = identity.user, mobile = account->user.mobile, now](db::Transaction& transaction) {
        return remove_unit(transaction, user, mobile, now);
    };
    auto const ended = co_await parts_.database.transact(unit);
    parts_.announce_ended(identity.user, ended);
    for (auto const& eraser : erasers_) {
        if (eraser.erased) eraser.erased(identity.user);
    }
    co_return Result<void>();
}

asio::awaitable<std::vector<SessionId>> ProfileService::remove_unit(db::Transaction& transaction, UserId user, std::string mobile, Time now)
{
    co_await UserStore::lock(transaction, user);
    auto const number_key = parts_.code_keys.mobile_key(mobile);
    for (auto const& eraser : erasers_) {
        if (eraser.erase) co_await eraser.erase(transaction, user);
    }
    auto ended = co_await SessionStore::end_all(transaction, user, std::nullopt, now);
    co_await billing::leave_behind(transaction, user, number_key);
    co_await billing::erase_user(transaction, user);
    co_await CodeStore::void_all(transaction, number_key, now);
    co_await CodeStore::erase_reset_tokens(transaction, user);
    co_await LinkStore::erase(transaction, user);
    co_await SignUpStore::erase(transaction, user);
    co_await SessionStore::erase(transaction, user);
    co_await UserStore::let_go(transaction, user);
    co_return ended;
}

} // namespace pollux::accounts
