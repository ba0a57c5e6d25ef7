// For a log line about something that may happen thousands of times a second. Safe from any thread.
#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <cstdint>
#include <limits>

namespace pollux::ops {

class OnceAMinute {
public:
    // True at most once a minute.
    bool is_due()
    {
        auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now().time_since_epoch()).count();
        auto next = next_ms_.load();
        return now >= next && next_ms_.compare_exchange_strong(next, now + pause.count());
    }

private:
    static constexpr std::chrono::milliseconds pause{60'000};
    std::atomic<std::int64_t> next_ms_ = std::numeric_limits<std::int64_t>::min();
};

} // namespace pollux::ops
