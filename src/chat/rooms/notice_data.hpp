// What stands in the data of the notices of GET /events/ that tell of rooms and messages. They name what changed; they do not carry it.
#pragma once

#include "chat/rooms/message.hpp"

namespace pollux::chat {

struct RoomNotice { // Of room and room_deleted.
    RoomId id;
};
POLLUX_DESCRIBE(RoomNotice, (id))

struct MessageNotice {
    MessageId id;
    RoomId chatroom;
};
POLLUX_DESCRIBE(MessageNotice, (id, chatroom))

// A sender and a worker publish each for themselves: a notice whose attempt is lower than one that was seen has been overtaken, and is to
// be ignored.
struct ReplyNotice {
    MessageId id;
    RoomId chatroom;
    std::int64_t attempt = 0;
    MessageStatus status = MessageStatus::queued;
};
POLLUX_DESCRIBE(ReplyNotice, (id, chatroom, attempt, status))

struct EmptyNotice {}; // Of usage and plan: fetch them.
POLLUX_DESCRIBE(EmptyNotice, ())

} // namespace pollux::chat
