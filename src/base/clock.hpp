// Wall time. Everything that is kept or shown is microseconds since 1970 UTC; deadlines inside the process use steady time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pollux {

using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Steady = std::chrono::steady_clock;

// The wall clock, as an object, so that a test can hold the hands. Safe to read from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const { return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()); }
};

constexpr std::int64_t micros(Time time)
{
    return time.time_since_epoch().count();
}
constexpr Time time_of(std::int64_t micros_utc)
{
    return Time(std::chrono::microseconds(micros_utc));
}

// RFC 3339, UTC, microseconds: "2026-11-22T17:23:12.000123Z". Years 0 to 9999.
std::string rfc3339(Time time);

// Days since 1970-01-01 UTC: the day a quota unit belongs to.
constexpr std::int64_t day_of(Time time)
{
    return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}
constexpr Time start_of_day(std::int64_t day)
{
    return Time(std::chrono::days(day));
}

} // namespace pollux
