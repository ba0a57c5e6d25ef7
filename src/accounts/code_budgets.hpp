// What is spent on texts to phones is bounded by these; the task that sends a code takes them all (code_sender). They count alike whoever
// has the number, or nobody, so that none of them tells; only what they refuse differs.
#pragma once

#include "accounts/accounts_options.hpp"
#include "accounts/guess_budgets.hpp"

namespace pollux::accounts {

// So many at once, and so many an hour: in any hour at most the sum of both.
struct Flow {
    std::int64_t at_once = 1;
    std::int64_t per_hour = 1;
};

constexpr Budget flow_budget(std::string_view name, Flow flow)
{
    return {name, flow.at_once, std::chrono::seconds(flow.at_once * 3'600 / flow.per_hour)};
}

constexpr Flow flow_of(std::int64_t hour_max)
{
    auto const at_once = hour_max / 4 > 1 ? hour_max / 4 : 1;
    return {at_once, hour_max - at_once > 1 ? hour_max - at_once : 1};
}

// What is kept is there for the moment when the rest is spent: half of it at once.
constexpr Flow kept_flow_of(std::int64_t hour_max)
{
    auto const at_once = hour_max / 2 > 1 ? hour_max / 2 : 1;
    return {at_once, hour_max - at_once > 1 ? hour_max - at_once : 1};
}

// SMS_PER_HOUR_MAX has three parts, so that over all it is what their sum is. The open half is everybody's: every code takes of it, and
// numbers that were never verified have nothing else.
constexpr Budget codes_of_open_half(std::int64_t hour_max)
{
    return flow_budget("new_codes_hour", flow_of(hour_max / 2));
}
// Where it is spent, numbers that were verified go on, by strangers as well: whoever lost their device is one.
constexpr Budget codes_to_verified_per_hour(std::int64_t hour_max)
{
    return flow_budget("verified_codes_hour", kept_flow_of(hour_max / 4));
}
// Of the part above a number has this much at strangers' wish: whoever has a list of such numbers needs a long one.
constexpr Budget kept_codes_per_number_day{"kept_codes_day", 2, std::chrono::hours(24)};
// No stranger takes of this: only who shows a session of the account.
constexpr Budget codes_by_devices_per_hour(std::int64_t hour_max)
{
    return flow_budget("device_codes_hour", kept_flow_of(hour_max / 4));
}

// So many at once, and as many an hour after them.
constexpr Budget codes_per_block_hour(std::int64_t count_max)
{
    return {"block_codes_hour", count_max, std::chrono::hours(1)};
}

// The same of strangers, as with passwords: a /24 of IPv4 is many customers.
constexpr Budget codes_per_address_hour(std::int64_t count_max)
{
    return {"address_codes_hour", count_max, std::chrono::hours(1)};
}
constexpr Budget codes_per_network6_hour(std::int64_t count_max)
{
    return {"network_codes_hour", count_max, std::chrono::hours(1)};
}
constexpr Budget codes_per_network4_hour(std::int64_t count_max)
{
    return {"network_codes_hour", 4 * count_max, std::chrono::hours(1)};
}

// Wrong guesses at codes, by strangers. Whoever owns many networks gets no more of each. So many at once, and fewer than so many an hour
// after them: a day lets through less than 24 times as many, with those at once.
constexpr std::chrono::minutes guesses_window{63};
constexpr Budget guesses_per_address_hour(std::int64_t count_max)
{
    return {"address_guesses_hour", count_max, guesses_window};
}
constexpr Budget guesses_per_network_hour(std::int64_t count_max)
{
    return {"network_guesses_hour", count_max, guesses_window};
}

} // namespace pollux::accounts
