#include "chat/replies/reply_store.hpp"

#include "base/failpoint.hpp"
#include "chat/queue/job_queue.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/streams/reply_parts_store.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

#define POLLUX_CLAIM_COLUMNS "user_id, room_id, message_id, attempt, calls, lost, first_started_at"
#define POLLUX_BEGUN_COLUMNS                                                                                                               \
    "c.user_id, c.room_id, c.message_id, c.attempt, c.calls, c.lost, c.first_started_at, messages.reply_to, messages.model, "              \
    "messages.request_id, messages.calls"
namespace column {
enum : std::size_t {
    user_id,
    room_id,
    message_id,
    attempt,
    calls,
    lost,
    first_started_at,
    claim_count,
    reply_to = claim_count,
    model,
    request_id,
    ended_calls,
    count
};
}
static_assert(db::columns_in(POLLUX_CLAIM_COLUMNS) == column::claim_count);
static_assert(db::columns_in(POLLUX_BEGUN_COLUMNS) == column::count);

// Both forms walk the index of ready jobs from its head; of several workers each takes what no other is taking. (As a subquery of IN,
// PostgreSQL could run the walk more than once and take more than the limit.) PostgreSQL's form begins the messages with it.
constexpr db::Sql claim_scan_sql{
    R"sql(
    update jobs set state = 'running', lease_owner = $1, lease_until = now_us() + $2, attempt = attempt + 1, calls = calls + 1,
        first_started_at = coalesce(first_started_at, now_us())
    where id in (select id from jobs where state = 'ready' and lost >= $3 and lost < $4 order by ready_at, id limit $5)
        and state = 'ready'
    returning )sql" POLLUX_CLAIM_COLUMNS,
    R"sql(
    with head as materialized (
        select user_id, id from jobs where state = 'ready' and lost >= $3 and lost < $4
        order by ready_at, id limit $5 for update skip locked
    ), claimed as (
        update jobs set state = 'running', lease_owner = $1, lease_until = now_us() + $2, attempt = attempt + 1, calls = calls + 1,
            first_started_at = coalesce(first_started_at, now_us())
        from head where jobs.user_id = head.user_id and jobs.id = head.id and jobs.state = 'ready'
        returning jobs.user_id, jobs.room_id, jobs.message_id, jobs.attempt, jobs.calls, jobs.lost, jobs.first_started_at
    )
    update messages set status = 'streaming', attempt = c.attempt, started_at = now_us()
    from claimed c where messages.user_id = c.user_id and messages.id = c.message_id
    returning )sql" POLLUX_BEGUN_COLUMNS};

#define POLLUX_BEGUN_MESSAGE_COLUMNS "reply_to, model, request_id, calls"
namespace message_column {
enum : std::size_t { reply_to, model, request_id, ended_calls, count };
}
static_assert(db::columns_in(POLLUX_BEGUN_MESSAGE_COLUMNS) == message_column::count);

constexpr db::Sql begin_message_sql =
    "update messages set status = 'streaming', attempt = $2, started_at = now_us() where id = $1 and user_id = $3 "
    "returning " POLLUX_BEGUN_MESSAGE_COLUMNS;

#define POLLUX_CALL_COLUMNS "calls, attempt"
namespace call_column {
enum : std::size_t { calls, attempt, count };
}
static_assert(db::columns_in(POLLUX_CALL_COLUMNS) == call_column::count);

constexpr db::Sql step_sql = R"sql(
    update jobs set calls = calls + $5, attempt = attempt + $3
    where message_id = $1 and attempt = $2 and state = 'running' and user_id = $4
    returning )sql" POLLUX_CALL_COLUMNS;

constexpr db::Sql keep_calls_sql =
    "update messages set attempt = $3, calls = $5 where id = $1 and attempt = $2 and status = 'streaming' and user_id = $4";

constexpr db::Sql put_back_sql = R"sql(
    update jobs set state = 'waiting', due_at = now_us() + $3, lease_owner = null, lease_until = null, calls = calls - $4
    where message_id = $1 and attempt = $2 and state = 'running' and stop_requested = 0 and user_id = $5
)sql";

constexpr db::Sql is_stopping_sql =
    "select 1 from jobs where message_id = $1 and attempt = $2 and state = 'running' and stop_requested = 1 and user_id = $3";

constexpr db::Sql hand_back_sql = R"sql(
    update jobs set state = 'ready', lease_owner = null, lease_until = null, calls = calls - $3, first_started_at = null
    where message_id = $1 and attempt = $2 and state = 'running' and user_id = $4
)sql";

constexpr db::Sql requeue_message_sql = "update messages set status = 'queued', provider_state = '', calls = $4 "
                                        "where id = $1 and attempt = $2 and status = 'streaming' and user_id = $3";

constexpr db::Sql tell_waiting_sql = "update messages set provider_state = $3 || ' ' || (now_us() + $4) where id = $1 and user_id = $2";

ReplyClaim read_claim(db::Row job)
{
    ReplyClaim claim{.user = job.id<UserId>(column::user_id),
                     .room = job.id<RoomId>(column::room_id),
                     .reply = job.id<MessageId>(column::message_id),
                     .attempt = job.integer(column::attempt)};
    claim.calls = job.integer(column::calls);
    claim.lost = job.integer(column::lost);
    claim.first_started = job.time(column::first_started_at);
    return claim;
}

void read_message_of(ReplyClaim& claim, db::Row row, db::Column auto reply_to, db::Column auto model, db::Column auto request_id,
                     db::Column auto ended_calls)
{
    claim.question = row.id<MessageId>(reply_to);
    claim.model = row.text(model);
    claim.request_id = row.optional_text(request_id).value_or("");
    claim.ended_calls = row.optional_text(ended_calls).value_or("");
}

// What PostgreSQL's form of the claim has done already.
asio::awaitable<void> begin_messages(db::Transaction& transaction, std::vector<ReplyClaim>& claims)
{
    for (auto& claim : claims) {
        auto const messages = co_await transaction.run(begin_message_sql, claim.reply, claim.attempt, claim.user);
        read_message_of(claim, messages.front(), message_column::reply_to, message_column::model, message_column::request_id,
                        message_column::ended_calls);
    }
}

asio::awaitable<std::vector<ReplyClaim>> claim_in(db::Transaction& transaction, std::string owner, ClaimKind kind, std::int64_t count_max,
                                                  db::Dialect dialect)
{
    auto const least = kind == ClaimKind::usual ? 0 : suspect_from;
    auto const below = kind == ClaimKind::usual ? suspect_from : std::int64_t(1'000'000);
    auto const lease = std::chrono::microseconds(lease_duration).count();
    bool const is_postgres = dialect == db::Dialect::postgres;
    if (is_postgres) failpoint("claim_before_commit");
    auto claiming = is_postgres ? transaction.run_last(claim_scan_sql, owner, lease, least, below, count_max)
                                : transaction.run(claim_scan_sql, owner, lease, least, below, count_max);
    auto const jobs = co_await std::move(claiming);
    std::vector<ReplyClaim> claims;
    for (std::size_t index = 0; index < jobs.size(); ++index) {
        auto const job = jobs[index];
        claims.push_back(read_claim(job));
        if (!is_postgres) continue;
        read_message_of(claims.back(), job, column::reply_to, column::model, column::request_id, column::ended_calls);
    }
    if (is_postgres) co_return claims;

    co_await begin_messages(transaction, claims);
    failpoint("claim_before_commit");
    co_return claims;
}

asio::awaitable<std::optional<ReplyClaim>> step_in(db::Transaction& transaction, ReplyClaim claim, std::int64_t attempts,
                                                   std::int64_t calls)
{
    auto const rows = co_await transaction.run(step_sql, claim.reply, claim.attempt, attempts, claim.user, calls);
    if (rows.empty()) co_return std::nullopt;
    auto const before = claim.attempt;
    claim.calls = rows.front().integer(call_column::calls);
    claim.attempt = rows.front().integer(call_column::attempt);
    co_await transaction.run_later(keep_calls_sql, claim.reply, before, claim.attempt, claim.user, claim.calls_column());
    co_return claim;
}

// What both have in common: the reply is queued again, and the user's other jobs may step forward.
asio::awaitable<Finishing> requeue(db::Transaction& transaction, ReplyClaim const& claim, db::Rows const& jobs)
{
    if (jobs.changed() == 0) co_return Finishing{};
    co_await transaction.run(requeue_message_sql, claim.reply, claim.attempt, claim.user, claim.calls_column());
    co_await delete_parts(transaction, claim.user, claim.reply, claim.attempt);
    auto const promoted = co_await promote_jobs(transaction, claim.user);
    co_return Finishing{Fate::done, promoted};
}

asio::awaitable<Finishing> put_back_in(db::Transaction& transaction, ReplyClaim claim, std::chrono::microseconds wait,
                                       ReplyStore::Call call, WaitReason reason)
{
    bool const is_known = co_await touch_rooms(transaction, claim.user);
    if (!is_known) co_return Finishing{};
    auto const jobs =
        co_await transaction.run(put_back_sql, claim.reply, claim.attempt, wait.count(), call == ReplyStore::Call::cut, claim.user);
    auto const finishing = co_await requeue(transaction, claim, jobs);
    if (finishing.fate == Fate::done) co_await transaction.run(tell_waiting_sql, claim.reply, claim.user, to_text(reason), wait.count());
    if (finishing.fate == Fate::refused) {
        // A stop that is committed must not wait until the job is due again.
        auto const stopping = co_await transaction.run(is_stopping_sql, claim.reply, claim.attempt, claim.user);
        if (!stopping.empty()) co_return Finishing{Fate::stop_requested};
    }
    failpoint("put_back_before_commit");
    co_return finishing;
}

asio::awaitable<Finishing> hand_back_in(db::Transaction& transaction, ReplyClaim claim, ReplyStore::Call call)
{
    bool const is_known = co_await touch_rooms(transaction, claim.user);
    if (!is_known) co_return Finishing{};
    auto const jobs = co_await transaction.run(hand_back_sql, claim.reply, claim.attempt, call == ReplyStore::Call::cut, claim.user);
    co_return co_await requeue(transaction, claim, jobs);
}

} // namespace

asio::awaitable<std::vector<ReplyClaim>> ReplyStore::claim(std::string owner, ClaimKind kind, std::int64_t count_max)
{
    auto const dialect = database_.dialect();
    auto claims = co_await database_.transact([owner = std::move(owner), kind, count_max, dialect](db::Transaction& transaction) {
        return claim_in(transaction, owner, kind, count_max, dialect);
    });
    if (!claims.empty()) failpoint("claim_after_commit");
    co_return claims;
}

asio::awaitable<std::optional<ReplyClaim>> ReplyStore::count_call(ReplyClaim claim, NextCall next)
{
    std::int64_t const attempts = next == NextCall::restarts ? 1 : 0;
    return database_.transact(
        [claim = std::move(claim), attempts](db::Transaction& transaction) { return step_in(transaction, claim, attempts, 1); });
}

asio::awaitable<std::optional<ReplyClaim>> ReplyStore::begin_attempt(ReplyClaim claim)
{
    return database_.transact([claim = std::move(claim)](db::Transaction& transaction) { return step_in(transaction, claim, 1, 0); });
}

asio::awaitable<Finishing> ReplyStore::finish(ReplyClaim claim, ReplyEnd end, Time now, Titles titles)
{
    auto finishing = co_await database_.transact([&claim, &end, now, titles](db::Transaction& transaction) {
        return finish_in(transaction, claim, end, now, titles); // Both live in this frame until transact() returns.
    });
    failpoint("finish_after_commit");
    co_return finishing;
}

asio::awaitable<Finishing> ReplyStore::put_back(ReplyClaim claim, std::chrono::microseconds wait, Call call, WaitReason reason)
{
    return database_.transact([claim = std::move(claim), wait, call, reason](db::Transaction& transaction) {
        return put_back_in(transaction, claim, wait, call, reason);
    });
}

asio::awaitable<Finishing> ReplyStore::hand_back(ReplyClaim claim, Call call)
{
    return database_.transact(
        [claim = std::move(claim), call](db::Transaction& transaction) { return hand_back_in(transaction, claim, call); });
}

} // namespace pollux::chat
