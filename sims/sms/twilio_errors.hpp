// What Twilio refuses, in its words.
#pragma once

#include "sms/answering.hpp"

namespace pollux::sims::sms {

// Thrown by whatever finds it, and turned into an answer in one place.
struct TwilioError {
    int status = 400;
    std::int64_t code = 0;
    std::string message;

    Answer answer() const;
};

// In the usual words of the code, of which `to` and `from` are part.
TwilioError twilio_error(std::int64_t code, std::string_view to = {}, std::string_view from = {});

} // namespace pollux::sims::sms
