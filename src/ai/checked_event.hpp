// Nothing of an upstream is believed: whatever a provider said passes here before it is shown or kept. Strings are valid UTF-8 without
// NUL and of bounded length, figures lie between 0 and what a call may cost, places lie in order.
#pragma once

#include "ai/chat_model.hpp"
#include "base/literals.hpp"

namespace pollux::ai {

constexpr std::int64_t tokens_a_call_max = 1'000'000'000; // Of each kind.
constexpr std::size_t provider_state_bytes_max = 256_KiB; // More is dropped: half a state is none.
constexpr std::size_t continuation_bytes_max = 1_MiB;     // A longer token is none, and the reply ends there.
constexpr std::size_t citations_max = 200;
constexpr std::size_t citation_url_bytes_max = 2048;
constexpr std::size_t citation_title_characters_max = 300;
constexpr std::size_t failure_detail_characters_max = 300;

ModelEvent checked(ModelEvent event);

std::int64_t checked_tokens(std::int64_t count);

} // namespace pollux::ai
