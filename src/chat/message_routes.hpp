// Sending and retrying, reading, following and stopping replies.
#pragma once

#include "chat/chat_routes.hpp"

namespace pollux::chat {

void add_message_routes(http::Router& router, ChatApi& api);

} // namespace pollux::chat
