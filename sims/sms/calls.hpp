// The log of calls to the vendors.
#pragma once

#include "call_log.hpp"

namespace pollux::sims::sms {

struct Call {
    std::int64_t id = 0;
    double started_at = 0;
    double ended_at = 0;
    std::string vendor;
    std::string method;
    std::string path;
    std::string user;   // Of Basic authentication.
    json::value params; // Of the form, the query or the JSON body, as they came.
    std::string to;
    std::string text_id; // The text that was made or found.
    std::string plan;
    int status = 0;
    std::int64_t code = 0;    // Twilio's, of a refusal.
    bool has_acted = false;   // A text was made.
    bool is_repeated = false; // It was there already.
    CallState state = CallState::running;
};

json::object describe_call(Call const& call);

} // namespace pollux::sims::sms
