#include "chat/chat_routes.hpp"

#include "chat/message_routes.hpp"
#include "chat/room_routes.hpp"
#include "chat/stream_routes.hpp"

namespace pollux::chat {

void add_chat_routes(http::Router& router, ChatApi& api)
{
    add_room_routes(router, api);
    add_message_routes(router, api);
    add_stream_routes(router, api);
}

} // namespace pollux::chat
