#include "chat/rooms/chat_news.hpp"

#include "chat/rooms/message_rows.hpp"

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

bus::NewNotice room_notice(RoomId room)
{
    return {"room", numbers({{"id", room.value}}) + "}"};
}

bus::NewNotice message_notice(RoomId room, MessageId message)
{
    return {"message", numbers({{"id", message.value}, {"chatroom", room.value}}) + "}"};
}

bus::NewNotice reply_notice(RoomId room, ChatNews::ReplyNews const& news)
{
    auto const known = numbers({{"id", news.reply.value}, {"chatroom", room.value}, {"attempt", news.attempt}});
    return {"reply", known + ",\"status\":\"" + to_text(news.status) + "\"}"};
}

bus::NewNotice usage_notice()
{
    return {"usage", "{}"};
}

} // namespace

void ChatNews::reply_changed(UserId user, RoomId room, ReplyNews news)
{
    notices_.publish_all(user, {reply_notice(room, news)});
}

void ChatNews::reply_sent(UserId user, RoomId room, std::optional<MessageId> message, ReplyNews news)
{
    room_lists_.drop(user); // First: a client that is told must not find the old list.
    std::vector<bus::NewNotice> notices{room_notice(room)};
    if (message) notices.push_back(message_notice(room, *message));
    notices.push_back(reply_notice(room, news));
    notices.push_back(usage_notice());
    notices_.publish_all(user, std::move(notices));
}

void ChatNews::reply_waits(UserId user, RoomId room, ReplyNews news)
{
    room_lists_.drop(user);
    notices_.publish_all(user, {room_notice(room), reply_notice(room, news)});
}

void ChatNews::reply_ended(UserId user, RoomId room, ReplyNews news)
{
    room_lists_.drop(user);
    notices_.publish_all(user, {room_notice(room), reply_notice(room, news), usage_notice()});
}

void ChatNews::room_changed(UserId user, RoomId room)
{
    room_lists_.drop(user);
    notices_.publish_all(user, {room_notice(room)});
}

void ChatNews::room_deleted(UserId user, RoomId room)
{
    room_lists_.drop(user);
    notices_.publish(user, "room_deleted", numbers({{"id", room.value}}) + "}");
}

void ChatNews::usage_changed(UserId user)
{
    notices_.publish_all(user, {usage_notice()});
}

} // namespace pollux::chat
