// Roughly how many replies wait or are being written, over all users: QUEUE_MAX without counting rows in a send. Sends and ends of this
// process move it; what other processes do is learned by counting, and only when it looks full. Safe from any thread.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"

#include <atomic>

namespace pollux::chat {

namespace asio = boost::asio;

class QueueGauge {
public:
    explicit QueueGauge(std::int64_t jobs_max) : jobs_max_(jobs_max) {}

    void add(std::int64_t jobs) { count_.fetch_add(jobs, std::memory_order_relaxed); }

    // Counts when it is asked for the first time, and again, at most once a second, before it says yes.
    asio::awaitable<bool> is_full(db::Database& database);

private:
    bool may_count_now();

    std::int64_t const jobs_max_;
    std::atomic<std::int64_t> count_ = 0;
    std::atomic<bool> has_counted_ = false;
    std::atomic<std::int64_t> counted_at_ms_ = -10'000; // Steady time.
};

} // namespace pollux::chat
