#include "chat/queue/queue_watch.hpp"

#include "chat/queue/job_queue.hpp"

namespace pollux::chat {
namespace {

constexpr db::Sql oldest_scan_sql = R"sql(
    select coalesce((select now_us() - ready_at from jobs where state = 'ready' order by ready_at, id limit 1), 0)
)sql";

} // namespace

QueueWatch::QueueWatch(db::Database& database)
    : database_(database), replies_gauge_("pollux_queue_replies", "Replies that wait or are being written, of all processes.",
                                          [this] { return static_cast<double>(replies_.load()); }),
      oldest_gauge_("pollux_queue_oldest_seconds", "For how long a reply that could be written has been waiting for a worker.",
                    [this] { return static_cast<double>(oldest_us_.load()) / 1e6; })
{}

asio::awaitable<void> QueueWatch::look()
{
    replies_ = co_await count_jobs(database_, counted_max);
    auto const rows = co_await database_.read(oldest_scan_sql);
    oldest_us_ = rows.front().only().integer();
}

} // namespace pollux::chat
