// A call to the Gemini simulator, as its log has it.
#pragma once

#include "models/call.hpp"

namespace pollux::sims {

struct GeminiCall : ModelCall {
    std::string version; // "v1beta".
};

json::object describe_gemini_call(GeminiCall const& call); // With its texts unfolded.

} // namespace pollux::sims
