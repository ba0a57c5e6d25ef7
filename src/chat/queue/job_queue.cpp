#include "chat/queue/job_queue.hpp"

#include "db/columns.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

namespace pollux::chat {
namespace {

#define POLLUX_OPEN_COLUMNS                                                                                                                \
    "j.id, j.room_id, j.state, case when j.due_at is null or j.due_at <= now_us() then 1 else 0 end, p.replies_at_once"
namespace column {
enum : std::size_t { id, room_id, state, is_due, replies_at_once, count };
}
static_assert(db::columns_in(POLLUX_OPEN_COLUMNS) == column::count);

constexpr db::Sql open_jobs_sql = "select " POLLUX_OPEN_COLUMNS R"sql(
    from jobs j join users u on u.id = j.user_id join plans p on p.name = u.tier
    where j.user_id = $1
    order by j.id
)sql";

constexpr db::Sql promote_sql = R"sql(
    update jobs set state = 'ready', ready_at = now_us(), due_at = null where id = $1 and user_id = $2 and state = 'waiting'
)sql";

constexpr db::Sql due_users_scan_sql = R"sql(
    select distinct user_id from jobs where state = 'waiting' and due_at is not null and due_at <= now_us() limit 200
)sql";

constexpr db::Sql count_scan_sql = "select count(*) from (select 1 from jobs limit $1) as open_jobs";

} // namespace

std::string to_text(JobState state)
{
    switch (state) {
    case JobState::waiting: return "waiting";
    case JobState::ready: return "ready";
    case JobState::running: return "running";
    }
    throw std::logic_error("an unknown job state");
}

JobState read_job_state(std::string const& text)
{
    if (text == "waiting") return JobState::waiting;
    if (text == "ready") return JobState::ready;
    if (text == "running") return JobState::running;
    throw std::runtime_error("jobs.state holds an unknown word");
}

std::vector<JobId> choose_ready(std::span<OpenJob const> jobs, std::int64_t replies_at_once)
{
    auto free = replies_at_once - std::ranges::count_if(jobs, [](auto const& job) { return job.state != JobState::waiting; });
    std::vector<JobId> chosen;
    std::unordered_set<RoomId> rooms_seen;
    for (auto const& job : jobs) {
        bool const is_first_of_room = rooms_seen.insert(job.room).second;
        if (free <= 0 || !is_first_of_room || job.state != JobState::waiting || !job.is_due) continue;
        chosen.push_back(job.id);
        --free;
    }
    return chosen;
}

asio::awaitable<int> promote_jobs(db::Transaction& transaction, UserId user)
{
    auto const rows = co_await transaction.run(open_jobs_sql, user);
    if (rows.empty()) co_return 0;

    std::vector<OpenJob> jobs;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        jobs.push_back({row.id<JobId>(column::id), row.id<RoomId>(column::room_id), read_job_state(row.text(column::state)),
                        row.boolean(column::is_due)});
    }
    auto const chosen = choose_ready(jobs, rows.front().integer(column::replies_at_once));
    for (auto job : chosen) co_await transaction.run_later(promote_sql, job, user);
    co_return static_cast<int>(chosen.size());
}

asio::awaitable<std::vector<UserId>> users_with_due_jobs(db::Database& database)
{
    auto const rows = co_await database.read(due_users_scan_sql);
    std::vector<UserId> users;
    for (std::size_t index = 0; index < rows.size(); ++index) users.push_back(rows[index].only().id<UserId>());
    co_return users;
}

asio::awaitable<std::int64_t> count_jobs(db::Database& database, std::int64_t count_max)
{
    auto const rows = co_await database.read(count_scan_sql, count_max);
    co_return rows.front().only().integer();
}

} // namespace pollux::chat
