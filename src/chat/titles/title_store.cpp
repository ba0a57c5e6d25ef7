#include "chat/titles/title_store.hpp"

#include "chat/rooms/room_name.hpp"
#include "chat/rooms/room_store.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

#define POLLUX_UNTITLED_COLUMNS                                                                                                            \
    "r.name, q.content, m.content, coalesce(m.completed_at, m.created_at), (select f.content from messages f where f.user_id = $2 "        \
    "and f.room_id = $1 order by coalesce(f.reply_to, f.id), f.id limit 1)"
namespace column {
enum : std::size_t { name, question, reply, replied_at, first_message, count };
}
static_assert(db::columns_in(POLLUX_UNTITLED_COLUMNS) == column::count);

constexpr db::Sql find_sql = "select " POLLUX_UNTITLED_COLUMNS R"sql(
    from rooms r join messages m on m.user_id = r.user_id and m.room_id = r.id
    join messages q on q.user_id = m.user_id and q.id = m.reply_to
    where r.id = $1 and r.user_id = $2 and r.named_by = 'message' and m.id = $3
)sql";

constexpr std::chrono::seconds soon{5}; // A model that asks one reply for more patience may have time for a title, and another model has.

constexpr db::Sql waiting_scan_sql = R"sql(
    select case when exists (select 1 from jobs where state = 'ready')
        or exists (select 1 from jobs where state = 'waiting' and due_at < now_us() + $1) then 1 else 0 end
)sql";

// By its name too: a node of an older version renames without saying who did.
constexpr db::Sql rename_sql =
    "update rooms set name = $4, named_by = 'model' where id = $1 and user_id = $2 and named_by = 'message' and name = $3";

asio::awaitable<bool> rename_in(db::Transaction& transaction, UserId user, RoomId room, std::string from, std::string to)
{
    bool const is_known = co_await touch_rooms(transaction, user);
    if (!is_known) co_return false;
    auto const renamed = co_await transaction.run(rename_sql, room, user, std::move(from), std::move(to));
    co_return renamed.changed() == 1;
}

} // namespace

asio::awaitable<std::optional<UntitledRoom>> TitleStore::find(UserId user, RoomId room, MessageId reply)
{
    auto const rows = co_await database_.read(find_sql, room, user, reply);
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    bool const is_as_it_was = row.text(column::name) == name_after(row.optional_text(column::first_message).value_or(""));
    if (!is_as_it_was) co_return std::nullopt;
    co_return UntitledRoom{row.text(column::name), row.text(column::question), row.text(column::reply), row.time(column::replied_at)};
}

asio::awaitable<bool> TitleStore::do_replies_wait()
{
    auto const rows = co_await database_.read(waiting_scan_sql, std::chrono::microseconds(soon).count());
    co_return rows.front().only().boolean();
}

asio::awaitable<bool> TitleStore::rename(UserId user, RoomId room, std::string from, std::string to)
{
    return database_.transact([user, room, from = std::move(from), to = std::move(to)](db::Transaction& transaction) {
        return rename_in(transaction, user, room, from, to);
    });
}

} // namespace pollux::chat
