// Subscriptions that live and were judged when their price bought another plan, or none: an operator has named it since. Nothing happens at
// the provider then, so no event tells of it.
#pragma once

#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

// Of a transaction: it holds nobody up for long.
constexpr std::int64_t misjudged_at_once = 1'000;

// Asks for their customers to be fetched again, by tasks that the caller may ring for; how many. `price`: of this one alone, or "" for all.
// It may run twice.
asio::awaitable<std::int64_t> fetch_misjudged(db::Database& database, PaymentScope scope, std::string price = "");

} // namespace pollux::billing
