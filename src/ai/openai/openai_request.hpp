// The body of POST /chat/completions, as OpenAI's own client types it, with nothing in it that other servers do not know.
#pragma once

#include "ai/chat_model.hpp"

#include <string>
#include <string_view>

namespace pollux::ai {

// Whether the stream is asked to end with figures of use; some older servers refuse the question.
enum class UsageWish { ask, leave };

std::string openai_body(ChatRequest const& request, UsageWish usage);

// "https://host/v1" and "/chat/completions", however many slashes stand between them.
std::string openai_url(std::string_view base_url, std::string_view path);

// What the whole request costs, roughly, for servers that do not say.
std::int64_t estimate_prompt_tokens(ChatRequest const& request);

} // namespace pollux::ai
