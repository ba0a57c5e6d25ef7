#include "chat/titles/title_store.hpp"

#include "base/failpoint.hpp"
#include "chat/rooms/room_name.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/titles/title_request.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

constexpr db::Sql replied_at_sql = "select coalesce(completed_at, created_at) from messages where user_id = $1 and id = $2";

// Of the question and the reply no more than title_request() takes, though there may be a megabyte of it.
#define POLLUX_UNTITLED_COLUMNS                                                                                                            \
    "r.name, substr(q.content, 1, cast($4 as int)), substr(m.content, 1, cast($4 as int)), m.day, (select substr(f.content, 1, "           \
    "cast($4 as int)) from messages f where f.user_id = $2 and f.room_id = $1 order by coalesce(f.reply_to, f.id), f.id limit 1)"
namespace column {
enum : std::size_t { name, question, reply, day, first_message, count };
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

asio::awaitable<bool> keep_in(db::Transaction& transaction, TitleCall call)
{
    auto const user = call.took.user;
    bool const is_known = co_await touch_rooms(transaction, user);
    if (!is_known) co_return false;
    co_await billing::count_tokens(transaction, call.took);
    if (!call.to) co_return false;
    failpoint("title_before_rename");
    auto const renamed = co_await transaction.run(rename_sql, call.room, user, call.from, *call.to);
    co_return renamed.changed() == 1;
}

} // namespace

asio::awaitable<std::optional<Time>> TitleStore::replied_at(UserId user, MessageId reply)
{
    auto const rows = co_await database_.read(replied_at_sql, user, reply);
    co_return rows.empty() ? std::nullopt : std::optional(rows.front().only().time());
}

asio::awaitable<std::optional<UntitledRoom>> TitleStore::find(UserId user, RoomId room, MessageId reply)
{
    auto const rows = co_await database_.read(find_sql, room, user, reply, std::int64_t(told_characters_max));
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    bool const is_as_it_was = row.text(column::name) == name_after(row.optional_text(column::first_message).value_or(""));
    if (!is_as_it_was) co_return std::nullopt;
    co_return UntitledRoom{row.text(column::name), row.text(column::question), row.text(column::reply), row.integer(column::day)};
}

asio::awaitable<bool> TitleStore::do_replies_wait()
{
    auto const rows = co_await database_.read(waiting_scan_sql, std::chrono::microseconds(soon).count());
    co_return rows.front().only().boolean();
}

asio::awaitable<bool> TitleStore::keep(TitleCall call)
{
    bool const is_renamed =
        co_await database_.transact([call = std::move(call)](db::Transaction& transaction) { return keep_in(transaction, call); });
    failpoint("title_after_commit");
    co_return is_renamed;
}

} // namespace pollux::chat
