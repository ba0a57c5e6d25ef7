#include "chat/chat_news.hpp"

#include "chat/message_rows.hpp"

namespace pollux::chat {
namespace {

std::string numbers(std::initializer_list<std::pair<std::string_view, std::int64_t>> members)
{
    std::string json;
    for (auto [name, number] : members) {
        json += json.empty() ? "{\"" : ",\"";
        json.append(name).append("\":");
        append_json_integer(json, number);
    }
    return json;
}

} // namespace

void ChatNews::message_sent(UserId user, RoomId room, MessageId message)
{
    notices_.publish(user, "message", numbers({{"id", message.value}, {"chatroom", room.value}}) + "}");
}

void ChatNews::reply_changed(UserId user, RoomId room, MessageId reply, std::int64_t attempt, MessageStatus status)
{
    auto json = numbers({{"id", reply.value}, {"chatroom", room.value}, {"attempt", attempt}}) + ",\"status\":\"" + to_text(status) + "\"}";
    notices_.publish(user, "reply", std::move(json));
}

void ChatNews::room_changed(UserId user, RoomId room)
{
    room_lists_.drop(user);
    notices_.publish(user, "room", numbers({{"id", room.value}}) + "}");
}

void ChatNews::room_deleted(UserId user, RoomId room)
{
    room_lists_.drop(user);
    notices_.publish(user, "room_deleted", numbers({{"id", room.value}}) + "}");
}

void ChatNews::usage_changed(UserId user)
{
    notices_.publish(user, "usage", "{}");
}

} // namespace pollux::chat
