// How long the queue is, and for how long a reply that could be written has been waiting, for the operator. All processes on one
// database see the same queue.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"
#include "ops/metrics.hpp"

#include <atomic>

namespace pollux::chat {

namespace asio = boost::asio;

class QueueWatch {
public:
    explicit QueueWatch(db::Database& database);

    asio::awaitable<void> look(); // Two reads; called every few seconds.

    // At the last look.
    std::chrono::microseconds oldest() const { return std::chrono::microseconds(oldest_us_.load()); }

private:
    static constexpr std::int64_t counted_max = 100'000; // More are not counted one by one.

    db::Database& database_;
    std::atomic<std::int64_t> replies_ = 0;
    std::atomic<std::int64_t> oldest_us_ = 0;
    ops::Gauge const replies_gauge_;
    ops::Gauge const oldest_gauge_;
};

} // namespace pollux::chat
