// Subscriptions that were judged when their price bought another plan, or none: an operator has named it since. Nothing happens at the
// provider then, so no event tells of it.
#pragma once

#include "billing/tier_store.hpp"
#include "db/database.hpp"

namespace pollux::billing {

namespace asio = boost::asio;

// Each call; the next one goes on.
constexpr std::int64_t misjudged_max = 1'000;

// Asks for their customers to be fetched again, by tasks; how many. It may run twice.
asio::awaitable<std::int64_t> fetch_misjudged(db::Database& database, PaymentScope scope);

} // namespace pollux::billing
