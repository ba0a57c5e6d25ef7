// A clock whose hands the test holds. Safe from any thread.
#pragma once

#include "base/clock.hpp"

#include <atomic>

namespace pollux::test {

class FakeClock final : public Clock {
public:
    // 2026-03-01T12:00:00Z, a Sunday, noon: far from any midnight.
    static constexpr Time start() { return Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + std::chrono::hours(12)); }

    Time now() const override { return time_of(now_us_.load()); }

    void set(Time time) { now_us_.store(micros(time)); }
    void advance(std::chrono::microseconds by) { now_us_.fetch_add(by.count()); }

private:
    std::atomic<std::int64_t> now_us_ = micros(start());
};

} // namespace pollux::test
