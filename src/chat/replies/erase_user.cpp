#include "chat/replies/erase_user.hpp"

#include "billing/quota.hpp"
#include "chat/queue/job_queue.hpp"
#include "chat/rooms/leftovers.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

// Claims do not wait for the user's lock: what is queued stays queued.
constexpr db::Sql lock_jobs_sql{"select 1 from jobs where user_id = $1 order by id",
                                "select 1 from jobs where user_id = $1 order by id for update"};

#define POLLUX_OPEN_COLUMNS "m.day, j.state"
namespace column {
enum : std::size_t { day, state, count };
}
static_assert(db::columns_in(POLLUX_OPEN_COLUMNS) == column::count);

constexpr db::Sql open_replies_sql = "select " POLLUX_OPEN_COLUMNS R"sql(
    from jobs j join messages m on m.user_id = j.user_id and m.id = j.message_id where j.user_id = $1
)sql";

constexpr db::Sql parts_sql = "delete from reply_parts where user_id = $1";

constexpr db::Sql open_messages_sql = R"sql(
    delete from messages where user_id = $1 and id in (select message_id from jobs where user_id = $1)
)sql";

constexpr db::Sql jobs_sql = "delete from jobs where user_id = $1";

} // namespace

asio::awaitable<std::vector<RoomId>> end_user(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(lock_jobs_sql, user);
    auto const open = co_await transaction.run(open_replies_sql, user);
    for (std::size_t index = 0; index < open.size(); ++index) {
        auto const row = open[index];
        bool const was_queued = read_job_state(row.text(column::state)) != JobState::running;
        if (was_queued) co_await billing::settle(transaction, {.user = user, .day = row.integer(column::day), .units_back = 1});
    }
    co_await transaction.run(parts_sql, user);
    co_await transaction.run(open_messages_sql, user);
    co_await transaction.run(jobs_sql, user);
    co_return co_await give_rooms_away(transaction, user);
}

} // namespace pollux::chat
