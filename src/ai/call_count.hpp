// How many calls of a model ended, and how, for the operator: of replies and of titles alike.
#pragma once

#include <string>

namespace pollux::ai {

enum class CallEnd { answered, failed, cut }; // cut: from our side.

void count_call_end(std::string const& model, CallEnd end);

} // namespace pollux::ai
