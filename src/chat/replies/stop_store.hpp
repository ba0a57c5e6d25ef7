// What ends replies from outside: stop, the deletion of their room, the erasure of their user.
#pragma once

#include "base/error.hpp"
#include "chat/rooms/message.hpp"
#include "db/database.hpp"

#include <optional>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

struct Stopping {
    Message reply;           // As it stands now.
    bool was_queued = false; // Stopped by this very call.
    bool is_running = false; // A worker is writing it; the wish is noted, the worker must be told.
    int promoted = 0;
};

struct OpenReply {
    MessageId reply;
    std::int64_t attempt = 0;
};

struct RoomDeletion {
    std::vector<OpenReply> replies; // That were queued or being written.
    int promoted = 0;
    bool has_leftovers = false; // A task is to delete the rest.
};

class StopStore {
public:
    explicit StopStore(db::Database& database) : database_(database) {}

    // A queued reply is stopped at once and costs nothing. not_found when it is no reply of this room.
    asio::awaitable<Result<Stopping>> stop(UserId user, RoomId room, MessageId reply, Time now);

    // With everything in it, though much of it may go later, by a task. Units of queued replies are given back.
    asio::awaitable<Result<RoomDeletion>> delete_room(UserId user, RoomId room);

private:
    db::Database& database_;
};

} // namespace pollux::chat
