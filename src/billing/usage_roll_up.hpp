// Days of use that nobody can ask for any more become months.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"

namespace pollux::billing {

namespace asio = boost::asio;

constexpr std::chrono::days usage_days_kept{90}; // As many as GET /user/usage/ shows.

// Adds up to `count_max` rows of the oldest day before `today` less usage_days_kept to their users' months, of use and of use by model; how
// many they were. It may run twice, at the same time too: a day's row is added where it is deleted.
asio::awaitable<std::int64_t> roll_up_some(db::Database& database, std::int64_t today, std::int64_t count_max);

// Months since January 1970, of a day since then.
std::int64_t month_of(std::int64_t day);

} // namespace pollux::billing
