// The body of generateContent.
#pragma once

#include "ai/chat_model.hpp"

namespace pollux::ai {

enum class Thoughts { ask, leave };

std::string gemini_body(ChatRequest const& request, Thoughts thoughts);

// Whether a model of this name can be expected to think; only a first guess, see ThoughtSupport.
Thoughts thoughts_for(std::string_view model);

// "gemini-flash-latest" and "models/gemini-flash-latest" -> "models/gemini-flash-latest", fit for a URL's path.
std::string model_path(std::string_view model);

} // namespace pollux::ai
