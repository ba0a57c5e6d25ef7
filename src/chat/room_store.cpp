#include "chat/room_store.hpp"

#include "base/text.hpp"
#include "chat/message_rows.hpp"

#include <limits>

#define POLLUX_ROOM_COLUMNS "id, name, model, system_prompt, pinned, created_at, updated_at, last_text, last_role, last_at"

namespace pollux::chat {
namespace {

constexpr db::Sql touch_sql = "update users set rooms_version = rooms_version + 1 where id = $1";

constexpr db::Sql insert_sql = "insert into rooms (user_id, name, is_named, model, system_prompt, pinned, created_at, updated_at) values "
                               "($1, $2, $3, $4, $5, 0, $6, $6) "
                               "returning " POLLUX_ROOM_COLUMNS;

constexpr db::Sql find_sql = "select " POLLUX_ROOM_COLUMNS " from rooms where id = $1 and user_id = $2";

constexpr db::Sql page_sql = "select " POLLUX_ROOM_COLUMNS " from rooms where user_id = $1 and (pinned, updated_at, id) < ($2, $3, $4) "
                             "order by pinned desc, updated_at desc, id desc limit $5";

#define POLLUX_SEARCH(lower_name)                                                                                                          \
    "select " POLLUX_ROOM_COLUMNS " from rooms where user_id = $1 and (pinned, updated_at, id) < ($2, $3, $4) and " lower_name             \
    " like $6 escape '!' order by pinned desc, updated_at desc, id desc limit $5"

// Letters of ASCII alone, as like_anywhere() makes the pattern, whatever the database's locale.
constexpr db::Sql search_sql{POLLUX_SEARCH("lower(name)"), POLLUX_SEARCH("lower(name collate \"C\")")};

constexpr db::Sql change_sql =
    "update rooms set name = coalesce($3, name), is_named = case when $4 = 1 then 1 else is_named end, "
    "model = case when $5 = 1 then $6 else model end, system_prompt = coalesce($7, system_prompt), pinned = coalesce($8, pinned) "
    "where id = $1 and user_id = $2 returning " POLLUX_ROOM_COLUMNS;

constexpr std::size_t name_characters_max = 60;
constexpr std::size_t name_word_characters_min = 30; // A cut between words leaves at least so much.
constexpr std::size_t preview_characters_max = 120;

Room read_room(db::Row row)
{
    Room room;
    room.id = row.id<RoomId>(0);
    room.name = row.text(1);
    room.model = row.optional_text(2);
    room.system_prompt = row.text(3);
    room.pinned = row.boolean(4);
    room.created_at = row.time(5);
    room.updated_at = row.time(6);
    if (!row.is_null(7)) room.last_message = LastMessage{row.text(7), read_role(row.text(8)), row.time(9)};
    return room;
}

asio::awaitable<Result<KeptRoom>> repeat_creation(db::Transaction& transaction, UserId user, RoomId room)
{
    auto const rows = co_await transaction.run(find_sql, room, user);
    if (rows.empty()) co_return not_found("room"); // Deleted since.
    co_return KeptRoom{read_room(rows.front()), true};
}

asio::awaitable<Result<KeptRoom>> create_room(db::Transaction& transaction, UserId user, NewRoom room, std::optional<IdempotencyKey> key,
                                              Time now)
{
    bool const is_known = co_await touch_rooms(transaction, user);
    if (!is_known) co_return not_found("user");
    if (key) {
        auto const effect = co_await find_effect(transaction, user, *key, now);
        if (!effect) co_return effect.error();
        if (*effect) co_return co_await repeat_creation(transaction, user, RoomId{(*effect)->first_id});
    }
    auto const is_named = room.name.has_value();
    auto const rows = co_await transaction.run(insert_sql, user, std::move(room.name).value_or(std::string(unnamed_room)), is_named,
                                               std::move(room.model), std::move(room.system_prompt), now);
    KeptRoom kept{read_room(rows.front())};
    if (key) {
        auto const keeping = co_await keep_effect(transaction, user, *key, {kept.room.id.value, std::nullopt}, now);
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

// A pattern for `like ... escape '!'` that finds the text anywhere.
std::string like_anywhere(std::string_view text)
{
    std::string pattern = "%";
    for (char character : lower_ascii(text)) {
        if (character == '%' || character == '_' || character == '!') pattern += '!';
        pattern += character;
    }
    return pattern + "%";
}

bool is_space_or_control(char character)
{
    auto const byte = static_cast<unsigned char>(character);
    return byte <= 0x20 || byte == 0x7f;
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

asio::awaitable<Result<KeptRoom>> RoomStore::create(UserId user, NewRoom room, std::optional<IdempotencyKey> key, Time now)
{
    return database_.transact([user, room = std::move(room), key = std::move(key), now](db::Transaction& transaction) {
        return create_room(transaction, user, room, key, now);
    });
}

asio::awaitable<RoomPage> RoomStore::page(UserId user, std::string name_part, std::optional<RoomCursor> after, std::int64_t count_max)
{
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    auto const from = after.value_or(RoomCursor{2, largest, largest});
    auto const rows = name_part.empty() ? co_await database_.read(page_sql, user, from.pinned, from.updated_at, from.id, count_max + 1)
                                        : co_await database_.read(search_sql, user, from.pinned, from.updated_at, from.id, count_max + 1,
                                                                  like_anywhere(name_part));
    RoomPage page;
    auto const count = std::min(rows.size(), static_cast<std::size_t>(count_max));
    page.results.reserve(count);
    for (std::size_t index = 0; index < count; ++index) page.results.push_back(read_room(rows[index]));
    if (rows.size() > count) {
        auto const& last = page.results.back();
        page.next = to_text(RoomCursor{last.pinned ? 1 : 0, micros(last.updated_at), last.id.value});
    }
    co_return page;
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

std::string name_after(std::string_view message)
{
    while (!message.empty() && is_space_or_control(message.front())) message.remove_prefix(1);
    message = message.substr(0, message.find_first_of("\r\n"));

    // One line without control characters, runs of them as one space.
    std::string line;
    for (char character : message) {
        if (!is_space_or_control(character)) {
            line += character;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (line.ends_with(' ')) line.pop_back();
    if (line.empty() || has_control_or_bidi(line)) return std::string(unnamed_room);

    auto const whole = cut_code_points(line, name_characters_max);
    if (whole.size() == line.size()) return line;
    auto cut = cut_code_points(line, name_characters_max - 1); // Room for the ellipsis.
    auto const space = cut.rfind(' ');
    if (space != std::string_view::npos && code_points(cut.substr(0, space)) >= name_word_characters_min) cut = cut.substr(0, space);
    return std::string(cut) + "…";
}

std::string preview_of(std::string_view text)
{
    return std::string(cut_code_points(text, preview_characters_max));
}

} // namespace pollux::chat
