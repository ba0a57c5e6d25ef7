// How the Gemini simulator is to answer a call: a JSON object whose every field may be left out. sims/README.md lists the fields.
#pragma once

#include "models/plan.hpp"

namespace pollux::sims {

enum class Fault {
    none,
    hang,       // Nothing more, until the client goes.
    cut,        // The connection is closed in mid-answer.
    reset,      // The same with RST.
    end,        // The answer ends as if it were whole, without a finishReason.
    garbage,    // Bytes that are no JSON, then the end.
    error,      // An error as the data of an event, then the end.
    bare_error, // An error as bare JSON lines, then the end.
    block,      // promptFeedback.
};

struct Plan : ModelPlan {
    // An answer that is no reply.
    std::string error_status; // "RESOURCE_EXHAUSTED"; empty: the usual one of the status.
    std::string reason;       // Of ErrorInfo: "API_KEY_INVALID".
    std::string retry_delay;  // Of RetryInfo: "34.07s".
    std::string quota_id;     // Of QuotaFailure.

    // The reply.
    bool signature = true; // A thoughtSignature on the last piece of text.
    bool citations = false;
    bool usage = true;
    std::string finish = "STOP";
    std::string block_reason = "SAFETY"; // For fault block.
    int hops = 1;                        // With 2, the reply comes in two calls, joined by a continuationToken.
    bool refuse_thoughts = false;        // 400 when the request asks for thoughts.

    Fault fault = Fault::none;
};

// Throws std::invalid_argument that names the field which is unknown or wrong.
Plan read_plan(boost::json::value const& value);

} // namespace pollux::sims
