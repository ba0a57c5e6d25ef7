#include "chat/rooms/leftovers.hpp"

#include "base/json.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::chat {
namespace {

constexpr db::Sql delete_some_sql = R"sql(
    delete from messages where user_id = $2 and id in (
        select id from messages where user_id = $2 and room_id = $1 order by coalesce(reply_to, id) desc, id desc limit $3)
)sql";

constexpr db::Sql delete_room_sql = "delete from rooms where id = $1 and user_id = $2";

// Made when there is first something to own. No number is like its own, and it is never cleaned up.
constexpr db::Sql add_nobody_sql = R"sql(
    insert into users (id, mobile, is_verified, tier, date_joined) values (0, 'gone:0', 1, 'gone', 0) on conflict (id) do nothing
)sql";

constexpr db::Sql give_away_sql = "update rooms set user_id = 0 where id = $1 and user_id = $2";

constexpr db::Sql give_all_away_sql = R"sql(
    update rooms set user_id = 0 where user_id = $1 and id in (
        select id from rooms where user_id = $1 order by pinned desc, updated_at desc, id desc limit $2)
    returning id
)sql";

// In the order of an index: each piece begins where the one before ended.
constexpr db::Sql delete_of_user_sql = R"sql(
    delete from messages where user_id = $1 and id in (
        select id from messages where user_id = $1 order by room_id, coalesce(reply_to, id), id limit $2)
)sql";

constexpr db::Sql delete_rooms_sql = R"sql(
    delete from rooms where user_id = $1 and id in (
        select id from rooms where user_id = $1 order by pinned, updated_at, id limit $2)
)sql";

constexpr db::Sql delete_keys_sql = R"sql(
    delete from idempotency_keys where user_id = $1 and key in (select key from idempotency_keys where user_id = $1 order by key limit $2)
)sql";

constexpr db::Sql delete_nobodys_scan_sql{
    "delete from rooms where user_id = 0 and id in (select value from json_each($1))",
    "delete from rooms where user_id = 0 and id in (select json_array_elements_text($1::json)::bigint)"};

} // namespace

asio::awaitable<bool> begin_deletion(db::Transaction& transaction, UserId user, RoomId room)
{
    auto const deleted = co_await transaction.run(delete_some_sql, room, user, deleted_at_once_max);
    if (deleted.changed() < deleted_at_once_max) {
        co_await transaction.run(delete_room_sql, room, user);
        co_return false;
    }
    co_await transaction.run(add_nobody_sql);
    co_await transaction.run(give_away_sql, room, user);
    co_await tasks::enqueue(transaction, {.kind = delete_room_task, .user = user, .subject = std::to_string(room.value)});
    co_return true;
}

asio::awaitable<std::vector<RoomId>> give_rooms_away(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(add_nobody_sql);
    auto const rows = co_await transaction.run(give_all_away_sql, user, given_away_at_once_max);
    std::vector<RoomId> rooms;
    for (std::size_t index = 0; index < rows.size(); ++index) rooms.push_back(rows[index].only().id<RoomId>());
    co_return rooms;
}

asio::awaitable<std::int64_t> delete_messages_of_room(db::Database& database, UserId user, RoomId room, std::int64_t count_max)
{
    auto const rows = co_await database.write(delete_some_sql, room, user, count_max);
    co_return rows.changed();
}

asio::awaitable<std::int64_t> delete_messages_of_user(db::Database& database, UserId user, std::int64_t count_max)
{
    auto const rows = co_await database.write(delete_of_user_sql, user, count_max);
    co_return rows.changed();
}

asio::awaitable<std::int64_t> delete_rooms_of_user(db::Database& database, UserId user, std::int64_t count_max)
{
    auto const rows = co_await database.write(delete_rooms_sql, user, count_max);
    co_return rows.changed();
}

asio::awaitable<std::int64_t> delete_keys_of_user(db::Database& database, UserId user, std::int64_t count_max)
{
    auto const rows = co_await database.write(delete_keys_sql, user, count_max);
    co_return rows.changed();
}

asio::awaitable<void> delete_nobodys_rooms(db::Database& database, std::vector<RoomId> rooms)
{
    std::string ids = "[";
    for (auto room : rooms) {
        if (ids.size() > 1) ids += ',';
        append_json_integer(ids, room.value);
    }
    co_await database.write(delete_nobodys_scan_sql, ids + "]");
}

} // namespace pollux::chat
