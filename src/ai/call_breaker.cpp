#include "ai/call_breaker.hpp"

#include <algorithm>

namespace pollux::ai {

CallBreaker::Admission CallBreaker::admit(Steady::time_point now, std::chrono::milliseconds later)
{
    std::lock_guard const lock(mutex_);
    if (pause_.count() == 0) return {};
    auto const mine_at = try_at_ + later;
    if (now < mine_at) return {std::chrono::ceil<std::chrono::milliseconds>(mine_at - now), false};
    try_at_ = now + pause_; // If nothing is heard of this one, another may try then.
    return {std::chrono::milliseconds(0), true};
}

void CallBreaker::ended(Admission admission, End end, Steady::time_point now)
{
    std::lock_guard const lock(mutex_);
    if (end == End::said_nothing) return;
    if (end == End::answered) {
        failures_ = 0;
        pause_ = std::chrono::milliseconds(0);
        return;
    }
    ++failures_;
    if (pause_.count() == 0 && failures_ >= failures_to_open) {
        pause_ = first_pause;
        try_at_ = now + pause_;
    } else if (pause_.count() > 0 && admission.is_try) {
        pause_ = std::min(2 * pause_, pause_max); // Calls that were under way when it opened make it no longer.
        try_at_ = now + pause_;
    }
}

bool CallBreaker::is_open() const
{
    std::lock_guard const lock(mutex_);
    return pause_.count() > 0;
}

} // namespace pollux::ai
