#include "accounts/accounts_service.hpp"

#include "accounts/known_number.hpp"
#include "accounts/password_rules.hpp"
#include "accounts/user_token.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace pollux::accounts {
namespace {

constexpr auto unverified_kept = std::chrono::hours(24);
constexpr auto codes_kept = std::chrono::hours(48); // Twice as long as they count against a number's day.
constexpr auto ends_kept = std::chrono::hours(24);  // Beside the life of an access token.
constexpr auto dead_sessions_kept = std::chrono::days(90);
constexpr int batch = 500; // Rows a write: other writers wait for no more than these.

// Calls `erase_some`, which says how many rows it took, until it does not find a whole batch.
template <class EraseSome>
asio::awaitable<void> erase_all(EraseSome erase_some)
{
    for (;;) {
        auto const count = co_await erase_some();
        if (count < batch) co_return;
    }
}

struct Promotion {
    std::string mobile;
    std::string mobile_key;
    std::optional<std::string> password_hash;
    std::string link_secret;
    Time now;
};

struct Promoted {
    Superuser admin;
    std::vector<SessionId> ended;
};

// Sessions, codes and tokens of before were given to somebody with fewer rights. The number is locked first, and the user's row before
// their other rows, as where codes are sent and used.
asio::awaitable<Promoted> promote_unit(db::Transaction& transaction, Promotion promotion)
{
    co_await CodeStore::lock_number(transaction, promotion.mobile_key, promotion.now);
    co_await CodeStore::void_all(transaction, promotion.mobile_key, promotion.now);
    Promoted promoted;
    promoted.admin.user = co_await UserStore::make_admin(transaction, promotion.mobile, promotion.password_hash, promotion.now);
    auto const user = promoted.admin.user.id;
    promoted.ended = co_await SessionStore::end_all(transaction, user, std::nullopt, promotion.now);
    co_await CodeStore::erase_reset_tokens(transaction, user);
    co_await SignUpStore::erase(transaction, user);
    co_await LinkStore::erase(transaction, user);
    promoted.admin.link_token = write_user_token(user, promotion.link_secret);
    co_await LinkStore::add(transaction, user, to_base64url(sha256(promoted.admin.link_token)), promotion.now + login_link_lifetime);
    co_return promoted;
}

} // namespace

AccountsService::AccountsService(db::Database& database, bus::Notices& notices, Clock const& clock, AccountsOptions options)
    : parts_(database, notices, clock, std::move(options))
{}

std::function<Result<http::Identity>(std::string_view bearer)> AccountsService::authenticator()
{
    return [&parts = parts_](std::string_view bearer) -> Result<http::Identity> {
        auto identity = parts.access_tokens.verify(bearer, parts.clock.now());
        if (!identity) return identity;
        if (parts.ended_sessions.contains(identity->session))
            return unauthenticated("session_ended", "This session has ended; log in again.");
        return identity;
    };
}

asio::awaitable<void> AccountsService::poll_ended_sessions()
{
    return parts_.ended_sessions.poll(parts_.clock.now());
}

asio::awaitable<void> AccountsService::delete_stale()
{
    auto const now = parts_.clock.now();
    auto const sessions_kept = parts_.options.refresh_lifetime + dead_sessions_kept;
    auto const session_ends_kept = parts_.options.access_lifetime + ends_kept;
    co_await erase_all([this, now] { return parts_.users.erase_unverified(now - unverified_kept, batch); });
    co_await erase_all([this, now] { return parts_.codes.erase_old_codes(now - codes_kept, batch); });
    co_await erase_all([this, now] { return parts_.codes.erase_old_numbers(now - codes_kept, batch); });
    co_await erase_all([this, now] { return parts_.codes.erase_old_reset_tokens(now, batch); });
    co_await erase_all([this, now] { return parts_.sign_ups.erase_old(now - unverified_kept, batch); });
    co_await erase_all([this, now] { return parts_.links.erase_old(now, batch); });
    co_await erase_all([this, now] { return parts_.budgets.erase_full(now, batch); });
    co_await sender_.delete_stale(now, batch);
    co_await erase_all([this, now, sessions_kept] { return parts_.sessions.erase_old(now - sessions_kept, batch); });
    co_await erase_all([this, now, session_ends_kept] { return parts_.sessions.erase_old_ends(now - session_ends_kept, batch); });
}

asio::awaitable<void> AccountsService::erase_rest(db::Transaction& transaction, UserId user)
{
    co_await UserStore::lock(transaction, user);
    co_await CodeStore::erase_reset_tokens(transaction, user);
    co_await SessionStore::erase(transaction, user);
    co_await UserStore::erase(transaction, user);
}

asio::awaitable<Result<User>> AccountsService::account_of(std::string mobile)
{
    auto const number = co_await known_number(parts_.users, parts_.options.numbers, std::move(mobile));
    if (!number) co_return number.error();
    auto account = co_await parts_.users.by_mobile(*number);
    if (!account || !account->user.is_verified) {
        co_return Error(ErrorKind::not_found, "user_not_found", "No account has the number " + *number + ".");
    }
    co_return std::move(account->user);
}

asio::awaitable<Result<Superuser>> AccountsService::create_superuser(std::string mobile, std::optional<std::string> password)
{
    auto const number = co_await known_number(parts_.users, parts_.options.numbers, mobile);
    if (!number) co_return number.error();
    if (parts_.is_test_number(*number))
        co_return forbidden("test_number", "This number has a fixed code (OTP_TEST_NUMBERS), so it can never be an admin's.");

    std::optional<std::string> hash;
    if (password) {
        if (code_points(*password) < 8 || code_points(*password) > 256) {
            co_return invalid("password", "length", "A password has 8 to 256 characters.");
        }
        auto const good = check_new_password("password", *password, *number);
        if (!good) co_return good.error();
        auto made = co_await parts_.passwords.hash(std::move(*password), PasswordTurn::first);
        if (!made) co_return made.error();
        hash = std::move(*made);
    }
    Promotion const promotion{.mobile = *number,
                              .mobile_key = parts_.code_keys.mobile_key(*number),
                              .password_hash = hash,
                              .link_secret = random_token(),
                              .now = parts_.clock.now()};
    auto promoted =
        co_await parts_.database.transact([promotion](db::Transaction& transaction) { return promote_unit(transaction, promotion); });
    parts_.announce_ended(promoted.admin.user.id, promoted.ended);
    co_return std::move(promoted.admin);
}

} // namespace pollux::accounts
