// When a model may be called again after a call of it ended in Failed. Pure: the caller brings the time and the random number. At most 4
// calls a reply, 10 minutes from its first start.
#pragma once

#include "ai/chat_model.hpp"
#include "base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace pollux::ai {

inline constexpr int calls_a_reply_max = 4;
inline constexpr std::chrono::minutes reply_duration_max{10};
inline constexpr std::chrono::milliseconds wait_for_same_max{2000};    // A model is waited for no longer while another one may be asked.
inline constexpr std::chrono::milliseconds last_call_wait_min{10'000}; // So that no outage of a few seconds uses up all calls of a reply.
inline constexpr std::chrono::milliseconds not_called_wait{1000}; // After Kind::not_called: another process may have what this one lacks.

struct RetryQuestion {
    Failed failure;     // How the last call ended, in a way that another call could mend.
    int calls_made = 1; // Calls of this reply so far, that one included, as counted in its row.
    Time now;
    std::uint64_t random = 0; // Any number; spreads the waits so that replies that failed together do not come back together.
};

// 0.5 to 1 s after the first failed call, 1 to 2 s after the second, 10 to 15 s before the last one, and never before the provider asked.
Time next_call_due(RetryQuestion const& question);

} // namespace pollux::ai
