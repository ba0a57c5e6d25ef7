// A rough count of a model's tokens, for the context budget and the demo model. No tokenizer: it counts characters by script and errs
// on the high side. Longer text never counts less, and invalid UTF-8 is borne.
#pragma once

#include <cstdint>
#include <string_view>

namespace pollux::ai {

std::int64_t estimate_tokens(std::string_view utf8);

} // namespace pollux::ai
