// What becomes of a task when a run of it has ended. No I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace pollux::tasks {

enum class TaskEnd {
    done,
    retry,     // It failed; another attempt may succeed.
    give_up,   // It failed, and would fail again.
    hand_back, // It was cut short, by a stop or by its own time, and goes on later: no failure.
    wait,      // What it needs is not here, and may be elsewhere, or come: no failure.
    lost,      // Its process went away, or stood still until its lease was over.
};

constexpr std::int64_t never_given_up = std::numeric_limits<std::int64_t>::max();

struct TaskLimits {
    std::int64_t attempts_max = 8;
    std::chrono::microseconds back_off{std::chrono::seconds(5)}; // After the first failure; then twice as long each time.
    std::chrono::microseconds back_off_max{std::chrono::hours(1)};
};

struct TaskVerdict {
    enum class Next { gone, ready, dead };

    Next next = Next::gone;
    std::int64_t failures = 0;
    std::chrono::microseconds delay{0};

    bool operator==(TaskVerdict const&) const = default;
};

// `failures`: before this run. `jitter` from 0 to 1 spreads what failed together.
TaskVerdict judge(TaskEnd end, TaskLimits limits, std::int64_t failures, double jitter);

} // namespace pollux::tasks
