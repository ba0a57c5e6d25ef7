// What users can ask of their rooms, messages and models, and the streams that tell them what changes.
#pragma once

#include "base/ids.hpp"
#include "bus/notices.hpp"
#include "chat/streams/reply_feed.hpp"
#include "chat/streams/stream_places.hpp"

#include <functional>

namespace pollux::http {
class Router;
}

namespace pollux::chat {

class ChatService;

// What the handlers of this room work with. Must outlive the router.
struct ChatApi {
    ChatService& chat;
    ReplyFeed& feed;
    bus::Notices& notices;
    std::function<bool(SessionId)> is_session_ended; // Closes the streams of a session that has ended; may be empty.
    StreamPlaces event_streams{event_streams_a_user_max};
    StreamPlaces reply_streams{reply_streams_a_user_max};
};

void add_chat_routes(http::Router& router, ChatApi& api);

} // namespace pollux::chat
