// Gemini's refusals: which of them are worth another call, and when. The texts for the log are made of status codes and Google's
// fixed words only: its messages may quote a key or what a user wrote.
#pragma once

#include "ai/chat_model.hpp"

#include <boost/json/object.hpp>

namespace pollux::ai {

struct GeminiError {
    int status = 0;     // HTTP's, or the one in the body of an error that came inside a stream; 0 when there was none.
    std::string word;   // "RESOURCE_EXHAUSTED"; may be empty.
    std::string reason; // Of google.rpc.ErrorInfo: "API_KEY_INVALID"; may be empty.
    Failed failure;
};

// An answer other than 200. The body may be the error object, an array that holds it, HTML, or nothing.
GeminiError read_error_answer(int http_status, std::string_view body, std::string_view retry_after);

// What stands under "error", also inside a stream that began with 200.
GeminiError read_error_object(boost::json::object const& error, int http_status);

// The object under "error" of {"error": {...}} or [{"error": {...}}], nullptr when there is none.
boost::json::object const* error_in(boost::json::value const& answer);

// google.protobuf.Duration: "34.07s". Nothing for anything else and for more than a day.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

} // namespace pollux::ai
