// What is kept of rooms. Every statement names the owner, so another user's room is a room that is not there.
#pragma once

#include "base/error.hpp"
#include "chat/rooms/cursor.hpp"
#include "chat/rooms/message.hpp"
#include "chat/rooms/room_name.hpp"
#include "db/database.hpp"
#include "idempotency/idempotency.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

struct NewRoom {
    std::optional<std::string> name; // Without one the room is named after its first message.
    std::optional<std::string> model;
    std::string system_prompt;
};

struct RoomChange {
    std::optional<std::string> name;
    std::optional<std::optional<std::string>> model; // An empty inner one takes the default model again.
    std::optional<std::string> system_prompt;
    std::optional<bool> pinned;
};

struct RoomPage {
    std::vector<ListedRoom> results;
    std::optional<std::string> next;
};
POLLUX_DESCRIBE(RoomPage, (results, next))

struct KeptRoom {
    Room room;
    bool is_repeat = false;
};

class RoomStore {
public:
    explicit RoomStore(db::Database& database) : database_(database) {}

    asio::awaitable<Result<KeptRoom>> create(UserId user, NewRoom room, std::optional<idempotency::Key> key, Time now);

    // Pinned first, then latest activity; `name_part` empty: all, else those whose names hold it, whatever its case and accents. At most
    // `count_max`; less, with a cursor, where the page is large or the search is long.
    asio::awaitable<RoomPage> page(UserId user, std::string name_part, std::optional<RoomCursor> after, std::int64_t count_max);

    asio::awaitable<Result<Room>> find(UserId user, RoomId room);
    asio::awaitable<Result<Room>> change(UserId user, RoomId room, RoomChange change);

private:
    db::Database& database_;
};

// Marks that the user's rooms look different now; false when the account is gone. The first statement of every transaction here: on
// PostgreSQL it also makes the transactions of one user wait for each other, always in the same order.
asio::awaitable<bool> touch_rooms(db::Transaction& transaction, UserId user);

// The same, on the way with the next statement, for those who see by that one whether the account is gone.
asio::awaitable<void> touch_rooms_later(db::Transaction& transaction, UserId user);

// At most 120 characters, for the list of rooms.
std::string preview_of(std::string_view text);

} // namespace pollux::chat
