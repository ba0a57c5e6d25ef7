// What a model is asked when it is to name a room: the first exchange, and for how many words, in whose language. No I/O.
#pragma once

#include "ai/chat_model.hpp"

#include <string>
#include <string_view>

namespace pollux::chat {

constexpr std::size_t told_characters_max = 2'000; // Of the question and of the reply: what they are about stands at their beginning.

ai::ChatRequest title_request(std::string_view question, std::string_view reply);

} // namespace pollux::chat
