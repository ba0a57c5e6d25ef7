// Refusals of servers that speak OpenAI's chat completions. They agree on {"error": {...}} and on little else: the code is a number or a
// word, the error may be a bare text, FastAPI's is {"detail": ...}, older vLLM's has no "error" at all, and Gemini's has Google's shape.
#pragma once

#include "ai/chat_model.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace pollux::ai {

struct OpenAiError {
    int status = 0;   // HTTP's, or what the error inside a stream stands for; 0: unknown.
    std::string word; // "model_not_found"; may be empty.
    Failed failure;
};

struct RetryHeaders {
    std::string_view seconds;      // Retry-After.
    std::string_view milliseconds; // Retry-After-Ms, which OpenAI sends.
};

// An answer other than 200; the body may be anything.
OpenAiError read_openai_refusal(int http_status, std::string_view body, RetryHeaders headers);

// Whether a refusal says that something is wrong with this argument. What it repeats of the request says nothing.
bool is_about_argument(std::string_view body, std::string_view name);

// Of an event of a stream that began with 200, or of what came instead of one. nullopt: it is no error.
std::optional<OpenAiError> openai_error_in(boost::json::value const& event);

} // namespace pollux::ai
