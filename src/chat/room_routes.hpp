// Making, listing, showing, changing and deleting rooms.
#pragma once

#include "chat/chat_routes.hpp"

namespace pollux::chat {

void add_room_routes(http::Router& router, ChatApi& api);

} // namespace pollux::chat
