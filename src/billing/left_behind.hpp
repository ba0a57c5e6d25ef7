// What a number leaves behind when its account is deleted, so that a new account of the same number goes on where that one was: the day's
// use, and that something was bought, since a trial is for who never bought. `number_key` is a MAC of the number. All run inside the
// transactions of accounts.
#pragma once

#include "base/ids.hpp"
#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

constexpr std::chrono::days purchases_kept{365}; // Behind a deleted account.

// Before what the account has of its own is deleted.
asio::awaitable<void> leave_behind(db::Transaction& transaction, UserId user, std::string number_key);

// For an account whose number has just been proved. It may be repeated.
asio::awaitable<void> take_up_left(db::Transaction& transaction, UserId user, std::string number_key);

// Whether the number bought something by an account that is gone; what this account bought itself, the provider knows.
asio::awaitable<bool> bought_before(db::Database& database, UserId user, PaymentScope scope);

// Of days that are over, and purchases that were kept for long enough; at most 1,000 of each. The larger one of the two counts.
asio::awaitable<std::int64_t> forget_left(db::Database& database);

} // namespace pollux::billing
