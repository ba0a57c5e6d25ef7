#include "accounts/accounts_service.hpp"

#include "accounts/mobile.hpp"
#include "accounts/password_rules.hpp"
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
    co_await erase_all([this, now, sessions_kept] { return parts_.sessions.erase_old(now - sessions_kept, batch); });
    co_await erase_all([this, now, session_ends_kept] { return parts_.sessions.erase_old_ends(now - session_ends_kept, batch); });
}

asio::awaitable<Result<User>> AccountsService::create_superuser(std::string mobile, std::optional<std::string> password)
{
    auto const number = normalise_mobile(mobile, parts_.options.numbers);
    if (!number) co_return number.error();
    bool const is_test = std::ranges::any_of(parts_.options.test_numbers, [&](auto const& test) { return test.mobile == *number; });
    if (is_test) co_return forbidden("test_number", "This number has a fixed code (OTP_TEST_NUMBERS), so it can never be an admin's.");

    std::optional<std::string> hash;
    if (password) {
        if (code_points(*password) < 8 || code_points(*password) > 256) {
            co_return invalid("password", "length", "A password has 8 to 256 characters.");
        }
        auto const good = check_new_password("password", *password);
        if (!good) co_return good.error();
        auto made = co_await parts_.passwords.hash(std::move(*password));
        if (!made) co_return made.error();
        hash = std::move(*made);
    }
    co_return co_await parts_.users.make_admin(*number, std::move(hash), parts_.clock.now());
}

} // namespace pollux::accounts
