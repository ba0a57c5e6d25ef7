#include "accounts/password_service.hpp"

#include "accounts/password_rules.hpp"
#include "accounts/reset_token.hpp"

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

asio::awaitable<Result<Ended>> change_unit(db::Transaction& tx, http::Identity identity, std::string old_hash, std::string new_hash,
                                           Time now)
{
    bool const changed = co_await UserStore::change_password(tx, identity.user, old_hash, new_hash);
    if (!changed) co_return wrong_password();
    co_await CodeStore::erase_reset_tokens(tx, identity.user);
    auto ended = co_await SessionStore::end_all(tx, identity.user, identity.session, now);
    co_return Ended{identity.user, std::move(ended)};
}

asio::awaitable<Result<Ended>> reset_unit(db::Transaction& tx, ResetToken token, std::string new_hash, Time now)
{
    bool const is_first = co_await CodeStore::use_reset_token(tx, token.user, token.hash, now);
    if (!is_first) co_return invalid_reset_token();
    co_await UserStore::reset_password(tx, token.user, new_hash);
    auto ended = co_await SessionStore::end_all(tx, token.user, std::nullopt, now);
    co_return Ended{token.user, std::move(ended)};
}

} // namespace

asio::awaitable<Result<void>> PasswordService::change(http::Identity identity, std::string old_password, std::string new_password)
{
    auto const good = check_new_password("new_password", new_password);
    if (!good) co_return good.error();
    auto const account = co_await parts_.users.by_id(identity.user);
    auto const old_hash = account ? account->password_hash : std::nullopt;
    auto const matches = co_await parts_.passwords.matches(old_hash, std::move(old_password));
    if (!matches) co_return matches.error();
    if (!*matches) co_return wrong_password();
    auto const new_hash = co_await parts_.passwords.hash(std::move(new_password));
    if (!new_hash) co_return new_hash.error();

    auto const now = parts_.clock.now();
    auto unit = [identity, old_hash = *old_hash, new_hash = *new_hash, now](db::Transaction& tx) {
        return change_unit(tx, identity, old_hash, new_hash, now);
    };
    auto const ended = co_await parts_.database.transact(unit);
    if (!ended) co_return ended.error();
    parts_.announce_ended(ended->user, ended->sessions);
    co_return Result<void>();
}

asio::awaitable<Result<void>> PasswordService::reset(std::string reset_token, std::string new_password)
{
    auto const good = check_new_password("new_password", new_password);
    if (!good) co_return good.error();
    auto const token = read_reset_token(reset_token);
    if (!token) co_return invalid_reset_token();
    // Looked up first: nobody makes us hash passwords with tokens of his own making.
    bool const is_known = co_await parts_.codes.has_reset_token(token->user, token->hash, parts_.clock.now());
    if (!is_known) co_return invalid_reset_token();
    auto const new_hash = co_await parts_.passwords.hash(std::move(new_password));
    if (!new_hash) co_return new_hash.error();

    auto const now = parts_.clock.now();
    auto unit = [token = *token, new_hash = *new_hash, now](db::Transaction& tx) { return reset_unit(tx, token, new_hash, now); };
    auto const ended = co_await parts_.database.transact(unit);
    if (!ended) co_return ended.error();
    parts_.announce_ended(ended->user, ended->sessions);
    co_return Result<void>();
}

} // namespace pollux::accounts
