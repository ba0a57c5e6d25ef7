// A clock whose hands the test holds. Any thread may read it; one at a time moves it.
#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <functional>

namespace pollux::test {

class FakeClock final : public Clock {
public:
    // 2026-03-01T12:00:00Z, a Sunday, noon: far from any midnight.
    static constexpr Time start() { return Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + std::chrono::hours(12)); }

    Time now() const override { return time_of(now_us_.load()); }

    void set(Time time)
    {
        now_us_.store(micros(time));
        if (on_change_) on_change_(time);
    }
    void advance(std::chrono::microseconds by) { set(time_of(now_us_.load() + by.count())); }

    // Called whenever the hands were moved, by whoever moved them.
    void on_change(std::function<void(Time)> tell) { on_change_ = std::move(tell); }

private:
    std::function<void(Time)> on_change_;
    std::atomic<std::int64_t> now_us_ = micros(start());
};

} // namespace pollux::test
