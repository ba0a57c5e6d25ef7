// What users can ask of their rooms, messages and models, and the streams that tell them what changes.
#pragma once

#include "base/ids.hpp"
#include "bus/notices.hpp"
#include "bus/reply_feed.hpp"

#include <functional>

namespace pollux::http {
class Router;
}

namespace pollux::chat {

class ChatService;

// What the handlers of this room work with. Must outlive the router.
struct ChatApi {
    ChatService& chat;
    bus::ReplyFeed& feed;
    bus::Notices& notices;
    std::function<bool(SessionId)> is_session_ended; // Closes the streams of who has logged out; may be empty.
};

void add_chat_routes(http::Router& router, ChatApi& api);

// Parts of the above.
void add_room_routes(http::Router& router, ChatApi& api);
void add_message_routes(http::Router& router, ChatApi& api);
void add_stream_routes(http::Router& router, ChatApi& api);

} // namespace pollux::chat
