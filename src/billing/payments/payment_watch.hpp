// How long ago the payment provider told anything, while somebody here has what was paid for, and whether it has the webhook switched off:
// one that does not work any more says nothing by itself. All processes on one database see the same.
#pragma once

#include "db/database.hpp"
#include "ops/metrics.hpp"

#include <atomic>

namespace pollux::billing {

namespace asio = boost::asio;

class PaymentWatch {
public:
    // The database must outlive it.
    explicit PaymentWatch(db::Database& database);

    asio::awaitable<void> look(); // Two reads; called every minute.

private:
    db::Database& database_;
    std::atomic<std::int64_t> silent_us_ = 0;
    std::atomic<std::int64_t> disabled_ = 0;
    ops::Gauge gauge_;
    ops::Gauge endpoint_;
};

} // namespace pollux::billing
