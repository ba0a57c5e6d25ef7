#include "chat/replies/stop_store.hpp"

#include "base/failpoint.hpp"
#include "billing/quota.hpp"
#include "chat/queue/job_queue.hpp"
#include "chat/rooms/leftovers.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/rooms/room_store.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

// Claims do not wait for the user's lock, so the job is locked first and read together: what is queued stays queued.
constexpr db::Sql lock_job_sql{"select state from jobs where message_id = $1 and user_id = $2",
                               "select state from jobs where message_id = $1 and user_id = $2 for update"};

#define POLLUX_STOPPED_COLUMNS POLLUX_MESSAGE_COLUMNS ", day"
namespace column {
enum : std::size_t { day = message_columns, count };
}
static_assert(db::columns_in(POLLUX_STOPPED_COLUMNS) == column::count);

constexpr db::Sql find_reply_sql =
    "select " POLLUX_STOPPED_COLUMNS " from messages where id = $1 and room_id = $2 and user_id = $3 and role = 'assistant' "
    "and exists (select 1 from rooms where rooms.id = $2 and rooms.user_id = $3)";

constexpr db::Sql request_stop_sql = "update jobs set stop_requested = 1 where message_id = $1 and user_id = $2 and state = 'running'";

// One that was put back was begun and never written.
constexpr db::Sql stop_queued_sql = "update messages set status = 'stopped', provider_state = '', started_at = null, completed_at = $3 "
                                    "where id = $1 and user_id = $2 and status = 'queued'";

constexpr db::Sql delete_job_sql = "delete from jobs where message_id = $1 and user_id = $2";

constexpr db::Sql find_room_sql = "select id from rooms where id = $1 and user_id = $2";

constexpr db::Sql lock_jobs_sql{"select 1 from jobs where user_id = $2 and room_id = $1 order by id",
                                "select 1 from jobs where user_id = $2 and room_id = $1 order by id for update"};

#define POLLUX_OPEN_COLUMNS "m.id, m.attempt, m.day, j.state"
namespace open_column {
enum : std::size_t { id, attempt, day, state, count };
}
static_assert(db::columns_in(POLLUX_OPEN_COLUMNS) == open_column::count);

constexpr db::Sql open_replies_sql = "select " POLLUX_OPEN_COLUMNS R"sql(
    from jobs j join messages m on m.user_id = j.user_id and m.id = j.message_id
    where j.user_id = $2 and j.room_id = $1
)sql";

constexpr db::Sql delete_parts_sql = R"sql(
    delete from reply_parts where user_id = $2 and reply_id in (select message_id from jobs where user_id = $2 and room_id = $1)
)sql";
constexpr db::Sql delete_jobs_sql = "delete from jobs where user_id = $2 and room_id = $1";
// A worker that writes one of them is refused when it finishes.
constexpr db::Sql delete_open_messages_sql = R"sql(
    delete from messages where user_id = $2 and id in (select message_id from jobs where user_id = $2 and room_id = $1)
)sql";

asio::awaitable<Stopping> stop_queued(db::Transaction& transaction, UserId user, Message reply, std::int64_t day, Time now)
{
    co_await transaction.run(stop_queued_sql, reply.id, user, now);
    co_await transaction.run(delete_job_sql, reply.id, user);
    co_await billing::settle(transaction, {.user = user, .day = day, .units_back = 1});
    auto const promoted = co_await promote_jobs(transaction, user);
    reply.status = MessageStatus::stopped;
    reply.completed_at = now;
    reply.waiting.reset();
    failpoint("stop_before_commit");
    co_return Stopping{.reply = std::move(reply), .was_queued = true, .promoted = promoted};
}

asio::awaitable<Result<Stopping>> stop_in(db::Transaction& transaction, UserId user, RoomId room, MessageId id, Time now)
{
    bool const is_known = co_await touch_rooms(transaction, user);
    if (!is_known) co_return not_found("message");
    auto const jobs = co_await transaction.run(lock_job_sql, id, user);
    auto const rows = co_await transaction.run(find_reply_sql, id, room, user);
    if (rows.empty()) co_return not_found("message");
    auto const row = rows.front();
    auto reply = read_message(row);
    if (reply.is_finished() || jobs.empty()) co_return Stopping{.reply = std::move(reply)};
    if (read_job_state(jobs.front().only().text()) != JobState::running) {
        auto const day = row.integer(column::day);
        co_return co_await stop_queued(transaction, user, std::move(reply), day, now);
    }
    co_await transaction.run(request_stop_sql, id, user);
    co_return Stopping{.reply = std::move(reply), .is_running = true};
}

asio::awaitable<Result<RoomDeletion>> delete_room_in(db::Transaction& transaction, UserId user, RoomId room)
{
    bool const is_known = co_await touch_rooms(transaction, user);
    if (!is_known) co_return not_found("room");
    auto const found = co_await transaction.run(find_room_sql, room, user);
    if (found.empty()) co_return not_found("room");

    RoomDeletion deletion;
    co_await transaction.run(lock_jobs_sql, room, user);
    auto const open = co_await transaction.run(open_replies_sql, room, user);
    for (std::size_t index = 0; index < open.size(); ++index) {
        auto const row = open[index];
        deletion.replies.push_back({row.id<MessageId>(open_column::id), row.integer(open_column::attempt)});
        bool const was_queued = read_job_state(row.text(open_column::state)) != JobState::running;
        if (was_queued) co_await billing::settle(transaction, {.user = user, .day = row.integer(open_column::day), .units_back = 1});
    }
    if (!open.empty()) {
        co_await transaction.run(delete_parts_sql, room, user);
        co_await transaction.run(delete_open_messages_sql, room, user);
        co_await transaction.run(delete_jobs_sql, room, user);
    }
    deletion.has_leftovers = co_await begin_deletion(transaction, user, room);
    deletion.promoted = co_await promote_jobs(transaction, user);
    failpoint("room_delete_before_commit");
    co_return deletion;
}

} // namespace

asio::awaitable<Result<Stopping>> StopStore::stop(UserId user, RoomId room, MessageId reply, Time now)
{
    auto stopping = co_await database_.transact(
        [user, room, reply, now](db::Transaction& transaction) { return stop_in(transaction, user, room, reply, now); });
    if (stopping) failpoint("stop_after_commit");
    co_return stopping;
}

asio::awaitable<Result<RoomDeletion>> StopStore::delete_room(UserId user, RoomId room)
{
    auto deletion =
        co_await database_.transact([user, room](db::Transaction& transaction) { return delete_room_in(transaction, user, room); });
    if (deletion) failpoint("room_delete_after_commit");
    co_return deletion;
}

} // namespace pollux::chat
