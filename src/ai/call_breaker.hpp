// Keeps replies away from a model that does not answer. After failures_to_open failed calls in a row it is left alone for a second, then
// one call tries; while those fail the pause doubles, to 5 s at most. A call that succeeds lets all others through again.
// Safe from any thread.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <mutex>

namespace pollux::ai {

class CallBreaker {
public:
    static constexpr int failures_to_open = 10;
    static constexpr std::chrono::milliseconds first_pause{1'000};
    static constexpr std::chrono::milliseconds pause_max{5'000};

    struct Admission {
        std::chrono::milliseconds wait{0}; // Zero: call now, and say by ended() what came of it. Else ask again after so long.
        bool is_try = false;
    };
    // `later`: how long others may come first when it is time for a try. The reply that can afford a failed call least waits longest.
    Admission admit(Steady::time_point now, std::chrono::milliseconds later = std::chrono::milliseconds(0));

    enum class End {
        answered,
        failed,      // In a way that another call could mend.
        said_nothing // Cut from our side, or refused for what it asked: that tells nothing of the model.
    };
    void ended(Admission admission, End end, Steady::time_point now);

    bool is_open() const;

private:
    mutable std::mutex mutex_;
    int failures_ = 0;                   // In a row.
    std::chrono::milliseconds pause_{0}; // Zero: closed.
    Steady::time_point try_at_;          // While open: when the next call may try.
};

} // namespace pollux::ai
