// What a model is asked when it is to name a room: the first exchange, and for how many words, in whose language. No I/O.
#pragma once

#include "ai/chat_model.hpp"

#include <string>
#include <string_view>

namespace pollux::chat {

ai::ChatRequest title_request(std::string_view question, std::string_view reply);

} // namespace pollux::chat
