// What to do after a call upstream ended in Failed. Pure: the caller brings the times and the random number and does what is said.
// At most 4 calls a reply, 10 minutes from its first start, and a worker waits no longer than 2 s with its hands full.
#pragma once

#include "ai/chat_model.hpp"
#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <variant>

namespace pollux::ai {

inline constexpr int calls_a_reply_max = 4;
inline constexpr std::chrono::minutes reply_duration_max{10};
inline constexpr std::chrono::milliseconds wait_in_place_max{2000};
inline constexpr std::chrono::milliseconds last_call_wait_min{10'000}; // So that no outage of a few seconds uses up all calls of a reply.

struct RetryQuestion {
    Failed failure;     // How the last call ended.
    int calls_made = 1; // Calls of this reply so far, that one included, as counted in its row.
    Time first_started; // When the reply's first call began, over all attempts.
    Time now;
    std::uint64_t random = 0; // Any number; spreads the waits so that replies that failed together do not come back together.
};

// Keep the worker, wait, call again.
struct WaitThenCall {
    std::chrono::milliseconds wait{0};
};
// Give the job back, to be claimed again from then on.
struct PutBack {
    Time due;
};
// The reply has failed for good.
struct GiveUp {
    enum class Reason { permanent, calls_used_up, time_used_up };
    Reason reason = Reason::permanent;
};

using RetryDecision = std::variant<WaitThenCall, PutBack, GiveUp>;

// Waits 0.5 to 1 s after the first failed call, 1 to 2 s after the second, 10 to 15 s before the last one, and never less than the
// provider asked for.
RetryDecision decide_retry(RetryQuestion const& question);

} // namespace pollux::ai
