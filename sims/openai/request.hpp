// The body of POST /chat/completions, checked as OpenAI's own API checks it: a field that no client's type has would be a field that no
// server reads, so it is refused here, though some servers let it pass.
#pragma once

#include "models/question.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace pollux::sims::openai {

struct ChatQuestion : Question {
    std::string model;
    bool is_streamed = false;
    bool wants_usage = false;
};

// Thrown for what is refused with 400.
struct BadRequest {
    std::string message;
    std::string param;
};

ChatQuestion read_question(std::string_view body);

// For the call log: [{"role", "text", "files"}] of all messages, the system's too.
boost::json::array describe_turns(boost::json::value const& request);

} // namespace pollux::sims::openai
