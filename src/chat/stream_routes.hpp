// The models a plan may use, and what changes for a user as a stream.
#pragma once

#include "chat/chat_routes.hpp"

namespace pollux::chat {

void add_stream_routes(http::Router& router, ChatApi& api);

} // namespace pollux::chat
