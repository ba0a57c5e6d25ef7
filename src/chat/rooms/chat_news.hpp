// Tells a user's tabs and devices what changed, after COMMIT, and drops what was cached of it. The notices name what to fetch; they do
// not carry it.
#pragma once

#include "bus/notices.hpp"
#include "bus/room_list_cache.hpp"
#include "chat/rooms/message.hpp"

#include <optional>

namespace pollux::chat {

namespace asio = boost::asio;

class ChatNews {
public:
    ChatNews(bus::Notices& notices, bus::RoomListCache& room_lists) : notices_(notices), room_lists_(room_lists) {}

    struct ReplyNews {
        MessageId reply;
        std::int64_t attempt;
        MessageStatus status;
    };

    // The notices that each of them tells; notice_data.hpp has their data.
    void reply_changed(UserId user, RoomId room, ReplyNews news); // reply.
    // room, message if there is one, reply, usage.
    void reply_sent(UserId user, RoomId room, std::optional<MessageId> message, ReplyNews news);
    void reply_waits(UserId user, RoomId room, ReplyNews news); // room, reply: it was lost, and is queued again.
    void reply_ended(UserId user, RoomId room, ReplyNews news); // room, reply, usage.
    void room_changed(UserId user, RoomId room);                // room.
    void room_deleted(UserId user, RoomId room);                // room_deleted.
    void usage_changed(UserId user);                            // usage.

    // After whatever tells of a room on this thread: no process shows the list as it was before.
    asio::awaitable<void> settled(UserId user) { return room_lists_.settle(user); }

private:
    bus::Notices& notices_;
    bus::RoomListCache& room_lists_;
};

} // namespace pollux::chat
