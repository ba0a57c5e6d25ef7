// A call to a model, as far as every simulator of models logs it.
#pragma once

#include "call_log.hpp"

namespace pollux::sims {

struct ModelCall {
    std::int64_t id = 0;
    double started_at = 0; // Seconds since 1970.
    double ended_at = 0;
    std::string method; // "streamGenerateContent", "chat/completions".
    std::string model;
    std::string key;
    std::string plan;
    std::string request; // The whole body.
    int status = 0;
    int chunks_sent = 0;
    std::int64_t bytes_sent = 0; // Of the body.
    CallState state = CallState::running;
};

// What of the log is the same for all.
json::object describe_call(ModelCall const& call);

} // namespace pollux::sims
