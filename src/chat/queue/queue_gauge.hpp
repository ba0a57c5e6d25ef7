// Roughly how many replies wait or are being written, over all users: QUEUE_MAX without counting rows in a send. Sends and ends of this
// process move it. Where there are others, it is counted again every 2 s while it is asked: the queue may then be over its bound by what
// all processes accept in that time. Safe from any thread.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"

#include <atomic>

namespace pollux::chat {

namespace asio = boost::asio;

class QueueGauge {
public:
    enum class Processes { one, many };

    explicit QueueGauge(std::int64_t jobs_max, Processes processes = Processes::one) : jobs_max_(jobs_max), processes_(processes) {}

    void add(std::int64_t jobs) { count_.fetch_add(jobs, std::memory_order_relaxed); }

    // Counts when it is asked for the first time, and again, at most once a second, before it says yes; with many processes also when
    // the last count is 2 s old.
    asio::awaitable<bool> is_full(db::Database& database);

private:
    bool is_old() const;
    bool may_count_now();

    std::int64_t const jobs_max_;
    Processes const processes_;
    std::atomic<std::int64_t> count_ = 0;
    std::atomic<bool> has_counted_ = false;
    std::atomic<std::int64_t> counted_at_ms_ = -10'000; // Steady time.
};

} // namespace pollux::chat
