#include "tasks/task_store.hpp"

#include "base/failpoint.hpp"
#include "db/columns.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::tasks {
namespace {

// What is to be done ('due', 'lost' or 'period'), and of which kind.
namespace look_column {
enum : std::size_t { what, kind };
}

// A period that ends later than two whole ones from now was begun by a clock that was wrong. (Later than one may be seen by who waited for
// a lock across the border, since now_us() is the time at which its statement came.)
constexpr db::Sql look_scan_sql{
    R"sql(
    select 'due', k.value from json_each($1) k
    where exists (select 1 from tasks t where t.state = 'ready' and t.kind = k.value and t.due_at <= now_us())
    union all
    select distinct 'lost', t.kind from tasks t
    where t.state = 'running' and t.lease_until < now_us() and t.kind in (select value from json_each($1))
    union all
    select 'period', p.value ->> 'kind' from json_each($2) p
    where not exists (select 1 from task_periods d where d.kind = p.value ->> 'kind' and d.done_until > now_us()
        and d.done_until <= now_us() + 2 * (p.value ->> 'every_us'))
)sql",
    R"sql(
    select 'due', k.value from json_array_elements_text($1::json) k
    where exists (select 1 from tasks t where t.state = 'ready' and t.kind = k.value and t.due_at <= now_us())
    union all
    select distinct 'lost', t.kind from tasks t
    where t.state = 'running' and t.lease_until < now_us() and t.kind in (select json_array_elements_text($1::json))
    union all
    select 'period', p.kind from json_to_recordset($2::json) as p (kind text, every_us bigint)
    where not exists (select 1 from task_periods d where d.kind = p.kind and d.done_until > now_us()
        and d.done_until <= now_us() + 2 * p.every_us)
)sql"};

#define POLLUX_TASK_COLUMNS "user_id, id, kind, subject, payload, attempts, failures"
namespace column {
enum : std::size_t { user_id, id, kind, subject, payload, attempts, failures, count };
}
static_assert(db::columns_in(POLLUX_TASK_COLUMNS) == column::count);

// (As a subquery, PostgreSQL could run the walk more than once, and take more than the limit.)
constexpr db::Sql claim_scan_sql{
    R"sql(
    update tasks set state = 'running', attempts = attempts + 1, lease_owner = $1, lease_until = now_us() + $2
    where id in (
        select id from tasks where state = 'ready' and due_at <= now_us() and kind in (select value from json_each($3))
        order by due_at, id limit $4)
    returning )sql" POLLUX_TASK_COLUMNS,
    R"sql(
    with head as materialized (
        select user_id as head_user, id as head_id from tasks
        where state = 'ready' and due_at <= now_us() and kind in (select json_array_elements_text($3::json))
        order by due_at, id limit $4 for update skip locked
    )
    update tasks t set state = 'running', attempts = t.attempts + 1, lease_owner = $1, lease_until = now_us() + $2
    from head where t.user_id = head_user and t.id = head_id
    returning )sql" POLLUX_TASK_COLUMNS};

constexpr db::Sql renew_scan_sql{
    R"sql(
    update tasks set lease_until = now_us() + $2
    where state = 'running' and lease_owner = $1 and id in (select value from json_each($3))
    returning id
)sql",
    R"sql(
    update tasks set lease_until = now_us() + $2
    where state = 'running' and lease_owner = $1 and id in (select json_array_elements_text($3::json)::bigint)
    returning id
)sql"};

// In the next four, $4 = 0: whether the lease has ended is not asked.

constexpr db::Sql delete_sql = R"sql(
    delete from tasks where user_id = $1 and id = $2 and attempts = $3 and state = 'running' and again = 0
        and (lease_until < now_us() or $4 = 0)
)sql";

// Somebody asked for it while it ran. What that needs was not looked at, so it counts as new.
constexpr db::Sql begin_again_sql = R"sql(
    update tasks set state = 'ready', again = 0, failures = 0, lease_owner = null, lease_until = null, last_error = null
    where user_id = $1 and id = $2 and attempts = $3 and state = 'running' and again = 1 and (lease_until < now_us() or $4 = 0)
)sql";

constexpr db::Sql put_back_sql = R"sql(
    update tasks set state = 'ready', lease_owner = null, lease_until = null, failures = $5, again = 0,
        due_at = case when again = 1 and due_at < now_us() + $6 then due_at else now_us() + $6 end, last_error = coalesce($7, last_error)
    where user_id = $1 and id = $2 and attempts = $3 and state = 'running' and (lease_until < now_us() or $4 = 0)
)sql";

// What is sealed (Seal) is a secret for the run that it did not get to, and is kept for nobody.
constexpr db::Sql die_sql = R"sql(
    update tasks set state = 'dead', lease_owner = null, lease_until = null, failures = $5, died_at = now_us(), last_error = $6,
        payload = case when payload like 'sealed.%' then '' else payload end
    where user_id = $1 and id = $2 and attempts = $3 and state = 'running' and again = 0 and (lease_until < now_us() or $4 = 0)
)sql";

#define POLLUX_LOST_COLUMNS "user_id, id, kind, attempts, failures"
namespace lost_column {
enum : std::size_t { user_id, id, kind, attempts, failures, count };
}
static_assert(db::columns_in(POLLUX_LOST_COLUMNS) == lost_column::count);

constexpr db::Sql lost_scan_sql{
    R"sql(
    select )sql" POLLUX_LOST_COLUMNS R"sql( from tasks
    where state = 'running' and (lease_until < now_us() or $2 = 0) and kind in (select value from json_each($1))
    order by lease_until limit 100
)sql",
    R"sql(
    select )sql" POLLUX_LOST_COLUMNS R"sql( from tasks
    where state = 'running' and (lease_until < now_us() or $2 = 0) and kind in (select json_array_elements_text($1::json))
    order by lease_until limit 100
)sql"};

constexpr db::Sql begin_period_sql = R"sql(
    insert into task_periods (kind, done_until) values ($1, now_us() - now_us() % $2 + $2)
    on conflict (kind) do update set done_until = excluded.done_until
        where (task_periods.done_until <= now_us() or task_periods.done_until > now_us() + 2 * $2)
)sql";

constexpr db::Sql forget_dead_scan_sql{
    R"sql(
    delete from tasks where (user_id, id) in (
        select user_id, id from tasks
        where state = 'dead' and died_at < now_us() - $2 and kind in (select value from json_each($1)) limit 1000)
)sql",
    R"sql(
    delete from tasks where (user_id, id) in (
        select user_id, id from tasks
        where state = 'dead' and died_at < now_us() - $2 and kind in (select json_array_elements_text($1::json)) limit 1000)
)sql"};

#define POLLUX_DEAD_COLUMNS "kind, subject, payload, created_at"
namespace dead_column {
enum : std::size_t { kind, subject, payload, created_at, count };
}
static_assert(db::columns_in(POLLUX_DEAD_COLUMNS) == dead_column::count);

constexpr db::Sql take_dead_sql = "delete from tasks where user_id = $1 and id = $2 and state = 'dead' returning " POLLUX_DEAD_COLUMNS;

constexpr db::Sql put_anew_sql = R"sql(
    insert into tasks (user_id, kind, subject, payload, state, due_at, created_at) values ($1, $2, $3, $4, 'ready', now_us(), $5)
    on conflict (user_id, kind, subject) where state <> 'dead' do nothing
)sql";

constexpr db::Sql drop_of_user_sql{
    "delete from tasks where user_id = $1 and state <> 'running' and kind in (select value from json_each($2))",
    "delete from tasks where user_id = $1 and state <> 'running' and kind in (select json_array_elements_text($2::json))"};

constexpr auto lease_us = std::chrono::microseconds(lease_duration).count();

std::optional<std::string> unless_empty(std::string text)
{
    if (text.empty()) return std::nullopt;
    return text;
}

struct Fence {
    UserId user;
    TaskId id;
    std::int64_t attempt = 0;
    bool must_have_ended = false;
};

asio::awaitable<bool> end_in(db::Transaction& transaction, Fence fence, TaskVerdict verdict, std::string reason)
{
    auto const [user, id, attempt, asks] = fence;
    if (verdict.next == TaskVerdict::Next::ready) {
        auto const rows = co_await transaction.run(put_back_sql, user, id, attempt, asks, verdict.failures, verdict.delay.count(),
                                                   unless_empty(std::move(reason)));
        co_return rows.changed() == 1;
    }
    bool const is_gone = verdict.next == TaskVerdict::Next::gone;
    auto const ended = is_gone ? co_await transaction.run(delete_sql, user, id, attempt, asks)
                               : co_await transaction.run(die_sql, user, id, attempt, asks, verdict.failures, std::move(reason));
    if (ended.changed() == 1) co_return true;
    auto const again = co_await transaction.run(begin_again_sql, user, id, attempt, asks);
    co_return again.changed() == 1;
}

asio::awaitable<bool> begin_period_in(db::Transaction& transaction, std::string kind, std::chrono::microseconds every)
{
    auto const begun = co_await transaction.run(begin_period_sql, kind, every.count());
    if (begun.changed() != 1) co_return false;
    failpoint("task_period_begun");
    co_await enqueue(transaction, {.kind = std::move(kind)});
    co_return true;
}

asio::awaitable<bool> retry_dead_in(db::Transaction& transaction, UserId user, TaskId id)
{
    auto const dead = co_await transaction.run(take_dead_sql, user, id);
    if (dead.empty()) co_return false;
    auto const row = dead.front();
    co_await transaction.run(put_anew_sql, user, row.text(dead_column::kind), row.text(dead_column::subject),
                             row.text(dead_column::payload), row.integer(dead_column::created_at));
    co_return true;
}

} // namespace

asio::awaitable<Findings> TaskStore::look(std::string kinds, std::string periods)
{
    auto const rows = co_await database_.read(look_scan_sql, std::move(kinds), std::move(periods));
    Findings found;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const& what = rows[index].text(look_column::what);
        auto& list = what == "due" ? found.due : what == "lost" ? found.lost : found.periods;
        list.push_back(rows[index].text(look_column::kind));
    }
    co_return found;
}

asio::awaitable<std::vector<Task>> TaskStore::claim(std::string owner, std::string kinds, std::int64_t count_max)
{
    auto const rows = co_await database_.write(claim_scan_sql, std::move(owner), lease_us, std::move(kinds), count_max);
    std::vector<Task> tasks;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        tasks.push_back({row.id<UserId>(column::user_id), row.id<TaskId>(column::id), row.text(column::kind), row.text(column::subject),
                         row.text(column::payload), row.integer(column::attempts), row.integer(column::failures)});
    }
    failpoint("task_claimed");
    co_return tasks;
}

asio::awaitable<std::vector<TaskId>> TaskStore::renew(std::string owner, std::string ids)
{
    auto const rows = co_await database_.write(renew_scan_sql, std::move(owner), lease_us, std::move(ids));
    std::vector<TaskId> kept;
    for (std::size_t index = 0; index < rows.size(); ++index) kept.push_back(rows[index].only().id<TaskId>());
    co_return kept;
}

asio::awaitable<bool> TaskStore::finish(Task const& task, TaskVerdict verdict, std::string reason)
{
    failpoint("task_before_finish");
    Fence const fence{task.user, task.id, task.attempt};
    co_return co_await database_.transact(
        [fence, verdict, reason](db::Transaction& transaction) { return end_in(transaction, fence, verdict, reason); });
}

asio::awaitable<std::vector<LostLease>> TaskStore::lost(std::string kinds, Which which)
{
    auto const rows = co_await database_.read(lost_scan_sql, std::move(kinds), which == Which::ended);
    std::vector<LostLease> leases;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        leases.push_back({row.id<UserId>(lost_column::user_id), row.id<TaskId>(lost_column::id), row.text(lost_column::kind),
                          row.integer(lost_column::attempts), row.integer(lost_column::failures)});
    }
    co_return leases;
}

asio::awaitable<bool> TaskStore::take_back(LostLease lease, TaskVerdict verdict, Which which)
{
    Fence const fence{lease.user, lease.id, lease.attempt, which == Which::ended};
    co_return co_await database_.transact([fence, verdict](db::Transaction& transaction) {
        return end_in(transaction, fence, verdict, "Its process went away, or stood still for too long.");
    });
}

asio::awaitable<bool> TaskStore::begin_period(std::string kind, std::chrono::microseconds every)
{
    return database_.transact(
        [kind = std::move(kind), every](db::Transaction& transaction) { return begin_period_in(transaction, kind, every); });
}

asio::awaitable<std::int64_t> TaskStore::forget_dead(std::string kinds, std::chrono::microseconds kept)
{
    auto const rows = co_await database_.write(forget_dead_scan_sql, std::move(kinds), kept.count());
    co_return rows.changed();
}

asio::awaitable<bool> TaskStore::retry_dead(UserId user, TaskId id)
{
    return database_.transact([user, id](db::Transaction& transaction) { return retry_dead_in(transaction, user, id); });
}

asio::awaitable<void> drop_tasks_of(db::Transaction& transaction, UserId user, std::string kinds)
{
    co_await transaction.run(drop_of_user_sql, user, std::move(kinds));
}

} // namespace pollux::tasks
