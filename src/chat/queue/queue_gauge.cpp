#include "chat/queue/queue_gauge.hpp"

#include "chat/queue/job_queue.hpp"

namespace pollux::chat {
namespace {

std::int64_t now_ms()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now().time_since_epoch()).count();
}

} // namespace

asio::awaitable<bool> QueueGauge::is_full(db::Database& database)
{
    bool const seems_full = count_.load(std::memory_order_relaxed) >= jobs_max_;
    if (has_counted_ && !seems_full && !is_old()) co_return false;
    if (may_count_now()) {
        auto const jobs = co_await count_jobs(database, jobs_max_);
        count_.store(jobs, std::memory_order_relaxed);
        has_counted_ = true;
    }
    co_return has_counted_&& count_.load(std::memory_order_relaxed) >= jobs_max_; // A send during the first count may pass.
}

bool QueueGauge::is_old() const
{
    return processes_ == Processes::many && now_ms() - counted_at_ms_ >= 2000;
}

bool QueueGauge::may_count_now()
{
    auto const now = now_ms();
    auto last = counted_at_ms_.load();
    return now - last >= 1000 && counted_at_ms_.compare_exchange_strong(last, now);
}

} // namespace pollux::chat
