// What goes wrong with a call to a vendor of texts: sims/README.md lists the fields.
#pragma once

#include "plans.hpp"

namespace pollux::sims::sms {

struct CallPlan {
    enum class Fault { none, error, cut, hang }; // error: another answer; cut: the connection ends without one; hang: neither.

    std::string name;
    std::string vendor; // Which calls: empty is any.
    std::string method; // "POST", "GET".
    std::string to;     // A number, or with a star: "+229*".
    int times = 1;      // -1: all.
    Range delay_ms;     // Before the call has its effect, whether the caller waits or not.
    Range late_ms;      // Between the effect and the answer.
    Fault fault = Fault::none;
    bool acts = false;      // Whether a call with a fault has its effect all the same.
    int status = 0;         // Of an error.
    int code = 0;           // Twilio's; 0: the usual one of the status.
    std::string message;    // Empty: the usual one of the code.
    int retry_after_s = -1; // The header.
    bool html = false;      // The error is an HTML page of something in between.
};

CallPlan read_call_plan(json::value const& value);

bool fits(CallPlan const& plan, std::string_view vendor, std::string_view method, std::string_view to);

} // namespace pollux::sims::sms
