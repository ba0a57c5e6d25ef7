#include "chat/rooms/chat_news.hpp"

#include "base/json.hpp"
#include "chat/rooms/notice_data.hpp"

namespace pollux::chat {
namespace {

bus::NewNotice room_notice(RoomId room)
{
    return {"room", to_json(RoomNotice{room})};
}

bus::NewNotice reply_notice(RoomId room, ChatNews::ReplyNews const& news)
{
    return {"reply", to_json(ReplyNotice{news.reply, room, news.attempt, news.status})};
}

bus::NewNotice usage_notice()
{
    return {"usage", to_json(EmptyNotice())};
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
    if (message) notices.push_back({"message", to_json(MessageNotice{*message, room})});
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
    notices_.publish(user, "room_deleted", to_json(RoomNotice{room}));
}

void ChatNews::usage_changed(UserId user)
{
    notices_.publish_all(user, {usage_notice()});
}

} // namespace pollux::chat
