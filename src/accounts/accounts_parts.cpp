#include "accounts/accounts_parts.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "bus/session_ended.hpp"

#include <algorithm>

namespace pollux::accounts {
namespace {

constexpr std::string_view ended_channel = "sessions:ended";

std::string access_key(AccountsOptions const& options)
{
    return options.jwt_signing_key.empty() ? derive_key(options.secret_key, "access tokens") : options.jwt_signing_key;
}

} // namespace

AccountsParts::AccountsParts(db::Database& database_, bus::Notices& notices_, Clock const& clock_, AccountsOptions options_)
    : database(database_), notices(notices_), clock(clock_), options(std::move(options_)),
      access_tokens(access_key(options), options.jwt_previous_key, options.access_lifetime),
      refresh_tokens(derive_key(options.secret_key, "refresh tokens")), code_keys(options.secret_key),
      ended_sessions(database, options.access_lifetime), passwords(options.password_threads, options.password_queue_max), users(database),
      sessions(database, {options.refresh_lifetime, options.refresh_idle_max}), codes(database), sign_ups(database), links(database),
      budgets(database)
{}

// The poll of the database is what holds; this only makes it sooner.
void AccountsParts::share_ended_sessions(bus::Signals& with)
{
    signals = &with;
    ended_elsewhere = with.subscribe(std::string(ended_channel), [this](std::optional<std::string_view> payload) {
        auto const id = payload ? parse_integer(*payload) : std::nullopt;
        if (!id) return;
        SessionId const session{*id};
        ended_sessions.add({&session, 1}, clock.now());
    });
}

bool AccountsParts::is_test_number(std::string_view mobile) const
{
    return std::ranges::any_of(options.test_numbers, [&](auto const& test) { return test.mobile == mobile; });
}

void AccountsParts::announce_ended(UserId user, std::span<SessionId const> ended)
{
    if (ended.empty()) return;
    ended_sessions.add(ended, clock.now());
    for (auto session : ended) {
        if (signals) signals->publish(ended_channel, std::to_string(session.value));
        notices.publish(user, "session_ended", to_json(bus::SessionEnded{session}));
    }
}

} // namespace pollux::accounts
