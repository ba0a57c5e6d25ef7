#include "chat/rooms/room_store.hpp"

#include "base/unicode.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/rooms/page_size.hpp"
#include "db/columns.hpp"

#include <boost/describe/enum_from_string.hpp>

#include <limits>

// A room of an earlier version counts as named by its user. A reply that is not finished has a job: the user's are few, and looked up once
// for all rooms. `user` is the parameter.
#define POLLUX_LISTED_COLUMNS(user)                                                                                                        \
    "id, name, coalesce(named_by, case when is_named = 1 then 'user' else 'nobody' end), model, pinned, "                                  \
    "case when id in (select j.room_id from jobs j where j.user_id = " user ") then 1 else 0 end, created_at, updated_at, "                \
    "last_text, last_role, last_at"
// And what may be long.
#define POLLUX_ROOM_COLUMNS(user) POLLUX_LISTED_COLUMNS(user) ", system_prompt"

namespace pollux::chat {
namespace {

constexpr db::Sql touch_sql = "update users set rooms_version = rooms_version + 1 where id = $1 and mobile not like 'gone:%'";

// Behind the user's lock, which touch_sql takes: of two that come at once the second counts the first.
constexpr db::Sql insert_sql =
    "insert into rooms (user_id, name, is_named, named_by, model, system_prompt, pinned, created_at, updated_at) "
    "select u.id, $2, $3, case when $3 = 1 then 'user' else 'nobody' end, $4, $5, 0, $6, $6 from users u join plans p on p.name = u.tier "
    "where u.id = $1 and (select count(*) from rooms r where r.user_id = $1) < p.rooms_max "
    "returning " POLLUX_ROOM_COLUMNS("$1");

constexpr db::Sql find_sql = "select " POLLUX_ROOM_COLUMNS("$2") " from rooms where id = $1 and user_id = $2";

constexpr db::Sql page_sql =
    "select " POLLUX_LISTED_COLUMNS("$1") " from rooms where user_id = $1 and (pinned, updated_at, id) < ($2, $3, $4) "
                                          "order by pinned desc, updated_at desc, id desc limit $5";

namespace column {
enum : std::size_t {
    id,
    name,
    named_by,
    model,
    pinned,
    running,
    created_at,
    updated_at,
    last_text,
    last_role,
    last_at,
    listed_count,
    system_prompt = listed_count,
    count
};
}
static_assert(db::columns_in(POLLUX_ROOM_COLUMNS("$1")) == column::count);
static_assert(db::columns_in(POLLUX_LISTED_COLUMNS("$1")) == column::listed_count);

constexpr db::Sql change_sql =
    "update rooms set name = coalesce($3, name), is_named = case when $4 = 1 then 1 else is_named end, "
    "named_by = case when $4 = 1 then 'user' else named_by end, "
    "model = case when $5 = 1 then $6 else model end, system_prompt = coalesce($7, system_prompt), pinned = coalesce($8, pinned) "
    "where id = $1 and user_id = $2 returning " POLLUX_ROOM_COLUMNS("$2");

// Names are compared here, since a database knows cases and accents as its locale has them, if at all. A page of a search may have less
// than was asked for, or nothing, and a cursor.
constexpr std::int64_t searched_at_once = 250;
constexpr std::int64_t searched_max = 2'000;

constexpr std::size_t preview_characters_max = 120;

// Words of later versions mean somebody's will.
NamedBy read_named_by(std::string const& text)
{
    auto named_by = NamedBy::user;
    boost::describe::enum_from_string(text.c_str(), named_by);
    return named_by;
}

// Room or ListedRoom, which have these in common.
template <class AnyRoom>
AnyRoom read_any_room(db::Row row)
{
    AnyRoom room;
    room.id = row.id<RoomId>(column::id);
    room.name = row.text(column::name);
    room.named_by = read_named_by(row.text(column::named_by));
    room.model = row.optional_text(column::model);
    room.pinned = row.boolean(column::pinned);
    room.running = row.boolean(column::running);
    room.created_at = row.time(column::created_at);
    room.updated_at = row.time(column::updated_at);
    if (!row.is_null(column::last_text)) {
        room.last_message = LastMessage{row.text(column::last_text), read_role(row.text(column::last_role)), row.time(column::last_at)};
    }
    return room;
}

Room read_room(db::Row row)
{
    auto room = read_any_room<Room>(row);
    room.system_prompt = row.text(column::system_prompt);
    return room;
}

std::size_t bytes_of(ListedRoom const& room)
{
    constexpr std::size_t rest_bytes = 256;
    return json_bytes(room.name) + (room.last_message ? json_bytes(room.last_message->text) : 0) + rest_bytes;
}

RoomCursor behind(ListedRoom const& room)
{
    return {room.pinned ? 1 : 0, micros(room.updated_at), room.id.value};
}

asio::awaitable<Result<KeptRoom>> repeat_creation(db::Transaction& transaction, UserId user, RoomId room)
{
    auto const rows = co_await transaction.run(find_sql, room, user);
    if (rows.empty()) co_return not_found("room"); // Deleted since.
    co_return KeptRoom{read_room(rows.front()), true};
}

asio::awaitable<Result<KeptRoom>> create_room(db::Transaction& transaction, UserId user, NewRoom room, std::optional<idempotency::Key> key,
                                              Time now)
{
    bool const is_known = co_await touch_rooms(transaction, user);
    if (!is_known) co_return not_found("user");
    if (key) {
        auto const effect = co_await idempotency::find_effect(transaction, user, *key, now);
        if (!effect) co_return effect.error();
        if (auto const& before = *effect) co_return co_await repeat_creation(transaction, user, RoomId{before->first_id});
    }
    auto const is_named = room.name.has_value();
    auto const rows = co_await transaction.run(insert_sql, user, std::move(room.name).value_or(std::string(unnamed_room)), is_named,
                                               std::move(room.model), std::move(room.system_prompt), now);
    if (rows.empty()) co_return conflict("rooms_max_reached", "Your plan allows no more rooms; delete one that you do not need any more.");
    KeptRoom kept{read_room(rows.front())};
    if (key) {
        auto const keeping = co_await idempotency::keep_effect(transaction, user, *key, {kept.room.id.value, std::nullopt}, now);
        if (!keeping) co_return keeping.error();
    }
    co_return kept;
}

asio::awaitable<Result<Room>> change_room(db::Transaction& transaction, UserId user, RoomId room, RoomChange change)
{
    bool const is_known = co_await touch_rooms(transaction, user);
    if (!is_known) co_return not_found("user");
    auto const names = change.name.has_value();
    auto const sets_model = change.model.has_value();
    auto const rows = co_await transaction.run(change_sql, room, user, std::move(change.name), names, sets_model,
                                               sets_model ? *change.model : std::nullopt, std::move(change.system_prompt), change.pinned);
    if (rows.empty()) co_return not_found("room");
    co_return read_room(rows.front());
}

} // namespace

asio::awaitable<bool> touch_rooms(db::Transaction& transaction, UserId user)
{
    auto const rows = co_await transaction.run(touch_sql, user);
    co_return rows.changed() == 1;
}

asio::awaitable<void> touch_rooms_later(db::Transaction& transaction, UserId user)
{
    return transaction.run_later(touch_sql, user);
}

asio::awaitable<Result<KeptRoom>> RoomStore::create(UserId user, NewRoom room, std::optional<idempotency::Key> key, Time now)
{
    return database_.transact([user, room = std::move(room), key = std::move(key), now](db::Transaction& transaction) {
        return create_room(transaction, user, room, key, now);
    });
}

asio::awaitable<RoomPage> RoomStore::page(UserId user, std::string name_part, std::optional<RoomCursor> after, std::int64_t count_max)
{
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    auto from = after.value_or(RoomCursor{2, largest, largest});
    bool const searches = !name_part.empty();
    auto const wanted = fold_for_search(name_part);
    auto const step = searches ? searched_at_once : count_max + 1;

    RoomPage page;
    PageSize size;
    for (std::int64_t looked_at = 0;;) {
        auto const rows = co_await database_.read(page_sql, user, from.pinned, from.updated_at, from.id, step);
        for (std::size_t index = 0; index < rows.size(); ++index) {
            auto room = read_any_room<ListedRoom>(rows[index]);
            auto const place = behind(room);
            if (searches && fold_for_search(room.name).find(wanted) == std::string::npos) {
                from = place;
                continue;
            }
            bool const is_full = std::ssize(page.results) == count_max || !size.takes(bytes_of(room));
            if (is_full) {
                page.next = to_text(from);
                co_return page;
            }
            from = place;
            page.results.push_back(std::move(room));
        }
        if (static_cast<std::int64_t>(rows.size()) < step) co_return page;
        looked_at += step;
        if (looked_at >= searched_max) {
            page.next = to_text(from);
            co_return page;
        }
    }
}

asio::awaitable<Result<Room>> RoomStore::find(UserId user, RoomId room)
{
    auto const rows = co_await database_.read(find_sql, room, user);
    if (rows.empty()) co_return not_found("room");
    co_return read_room(rows.front());
}

asio::awaitable<Result<Room>> RoomStore::change(UserId user, RoomId room, RoomChange change)
{
    return database_.transact(
        [user, room, change = std::move(change)](db::Transaction& transaction) { return change_room(transaction, user, room, change); });
}

std::string preview_of(std::string_view text)
{
    return std::string(cut_clusters(text, preview_characters_max));
}

} // namespace pollux::chat
