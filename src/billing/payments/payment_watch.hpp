// How long ago the payment provider told anything, and how many have what was paid for; whether it has the webhook at all, and switched on:
// one that does not work any more says nothing by itself; which subscriptions need somebody to look at them. Of these all processes on one
// database see the same. And whether the payments of this process's key are those that count.
#pragma once

#include "billing/payments/account.hpp"
#include "billing/payments/identity_store.hpp"
#include "billing/payments/watch_store.hpp"
#include "db/database.hpp"
#include "ops/metrics.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

class PaymentWatch {
public:
    // Both must outlive it.
    PaymentWatch(db::Database& database, PaymentAccount const& account);

    asio::awaitable<void> look(); // A few reads; called every minute.

private:
    asio::awaitable<void> look_at_alerts();
    asio::awaitable<void> look_at_force();
    std::int64_t alerts_of(std::string const& word) const;

    WatchStore store_;
    IdentityStore identity_;
    PaymentAccount const& account_;
    std::atomic<std::int64_t> silent_us_ = 0;
    std::atomic<std::int64_t> payers_ = 0;
    std::atomic<std::int64_t> disabled_ = 0;
    std::atomic<std::int64_t> missing_ = 0;
    std::atomic<std::int64_t> looks_without_force_ = 0; // In a row.
    mutable std::mutex mutex_;
    std::map<std::string, std::int64_t> alerts_; // Subscriptions, by what an operator must see of them.
    std::vector<std::unique_ptr<ops::Gauge>> alert_gauges_;
    ops::Gauge silent_gauge_;
    ops::Gauge payers_gauge_;
    ops::Gauge disabled_gauge_;
    ops::Gauge missing_gauge_;
    ops::Gauge force_gauge_;
};

} // namespace pollux::billing
