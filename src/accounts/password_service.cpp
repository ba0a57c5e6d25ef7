#include "accounts/password_service.hpp"

#include "accounts/password_rules.hpp"
#include "accounts/user_token.hpp"

namespace pollux::accounts {
namespace {

struct Ended {
    UserId user;
    std::vector<SessionId> sessions;
};

Error wrong_password()
{
    return forbidden("wrong_password",
                     "The old password is wrong. If there is none yet, set one with a code: POST /auth/forgot-password/.");
}

Error invalid_reset_token()
{
    return malformed("invalid_reset_token", "The reset token is wrong, was used before or has expired.");
}

// Somebody with the old password may have asked for codes and links, and read them. The number is locked first and the user's row written
// last, as where codes are sent and used.
asio::awaitable<void> void_what_was_sent(db::Transaction& transaction, UserId user, std::string mobile_key, Time now)
{
    co_await CodeStore::lock_number(transaction, mobile_key, now);
    co_await CodeStore::void_all(transaction, mobile_key, now);
    co_await CodeStore::erase_reset_tokens(transaction, user);
    co_await LinkStore::erase(transaction, user);
    co_await SignUpStore::erase(transaction, user);
}

struct Change {
    http::Identity identity;
    std::string mobile_key;
    std::string old_hash;
    std::string new_hash;
    Time now;
};

asio::awaitable<Result<Ended>> change_unit(db::Transaction& transaction, Change change)
{
    auto const identity = change.identity;
    auto const now = change.now;
    co_await void_what_was_sent(transaction, identity.user, change.mobile_key, now);
    bool const changed = co_await UserStore::change_password(transaction, identity.user, change.old_hash, change.new_hash);
    if (!changed) co_return wrong_password();
    auto ended = co_await SessionStore::end_all(transaction, identity.user, identity.session, now);
    co_return Ended{identity.user, std::move(ended)};
}

asio::awaitable<Result<Ended>> reset_unit(db::Transaction& transaction, UserToken token, std::string mobile_key, std::string new_hash,
                                          Time now)
{
    bool const is_first = co_await CodeStore::use_reset_token(transaction, token.user, token.hash, now);
    if (!is_first) co_return invalid_reset_token();
    co_await void_what_was_sent(transaction, token.user, mobile_key, now);
    co_await UserStore::reset_password(transaction, token.user, new_hash);
    auto ended = co_await SessionStore::end_all(transaction, token.user, std::nullopt, now);
    co_return Ended{token.user, std::move(ended)};
}

} // namespace

asio::awaitable<Result<void>> PasswordService::change(http::Identity identity, std::string old_password, std::string new_password)
{
    auto const account = co_await parts_.users.by_id(identity.user);
    if (!account) co_return wrong_password(); // Deleted a moment ago.
    auto const good = check_new_password("new_password", new_password, account->user.mobile);
    if (!good) co_return good.error();
    auto const guess = co_await guesses_.take(account->user.mobile, identity.user, {{}, identity});
    if (!guess) co_return guess.error();
    auto const matches = co_await parts_.passwords.matches(account->password_hash, std::move(old_password));
    if (!matches || *matches) co_await guesses_.give_back(*guess);
    if (!matches) co_return matches.error();
    if (!*matches || !account->password_hash) co_return wrong_password();
    auto const new_hash = co_await parts_.passwords.hash(std::move(new_password), PasswordTurn::first);
    if (!new_hash) co_return new_hash.error();

    Change const change{.identity = identity,
                        .mobile_key = parts_.code_keys.mobile_key(account->user.mobile),
                        .old_hash = *account->password_hash,
                        .new_hash = *new_hash,
                        .now = parts_.clock.now()};
    auto unit = [change](db::Transaction& transaction) { return change_unit(transaction, change); };
    auto const ended = co_await parts_.database.transact(unit);
    if (!ended) co_return ended.error();
    parts_.announce_ended(ended->user, ended->sessions);
    co_return Result<void>();
}

asio::awaitable<Result<void>> PasswordService::reset(std::string reset_token, std::string new_password)
{
    auto const token = read_user_token(reset_token);
    if (!token) co_return invalid_reset_token();
    // Looked up first: nobody makes us hash passwords with tokens that they made up.
    bool const is_known = co_await parts_.codes.has_reset_token(token->user, token->hash, parts_.clock.now());
    if (!is_known) co_return invalid_reset_token();
    auto const account = co_await parts_.users.by_id(token->user);
    if (!account) co_return invalid_reset_token();
    auto const good = check_new_password("new_password", new_password, account->user.mobile);
    if (!good) co_return good.error();
    auto const new_hash = co_await parts_.passwords.hash(std::move(new_password), PasswordTurn::first);
    if (!new_hash) co_return new_hash.error();

    auto const now = parts_.clock.now();
    auto const mobile_key = parts_.code_keys.mobile_key(account->user.mobile);
    auto unit = [token = *token, mobile_key, new_hash = *new_hash, now](db::Transaction& transaction) {
        return reset_unit(transaction, token, mobile_key, new_hash, now);
    };
    auto const ended = co_await parts_.database.transact(unit);
    if (!ended) co_return ended.error();
    parts_.announce_ended(ended->user, ended->sessions);
    co_return Result<void>();
}

} // namespace pollux::accounts
