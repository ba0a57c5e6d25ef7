#include "tasks/enqueue.hpp"

namespace pollux::tasks {
namespace {

// A twin that runs has read what it needs already: what is asked for now is due after it.
constexpr db::Sql enqueue_sql = R"sql(
    insert into tasks (user_id, kind, subject, payload, state, due_at, created_at)
    values ($1, $2, $3, $4, 'ready', now_us() + $5, now_us())
    on conflict (user_id, kind, subject) where state <> 'dead' do update set payload = excluded.payload,
        due_at = case when (tasks.state = 'ready' or tasks.again = 1) and tasks.due_at < excluded.due_at then tasks.due_at
            else excluded.due_at end,
        again = case when tasks.state = 'running' then 1 else 0 end
)sql";

} // namespace

asio::awaitable<void> enqueue(db::Transaction& transaction, NewTask task)
{
    co_await transaction.run(enqueue_sql, task.user, std::move(task.kind), std::move(task.subject), std::move(task.payload),
                             task.delay.count());
}

} // namespace pollux::tasks
