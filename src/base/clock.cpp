#include "base/clock.hpp"

#include <cstdio>

namespace pollux {

std::string rfc3339(Time time)
{
    auto day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day date(day);
    std::chrono::hh_mm_ss clock(time - day);
    char text[40];
    int length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", int(date.year()), unsigned(date.month()),
                               unsigned(date.day()), int(clock.hours().count()), int(clock.minutes().count()),
                               int(clock.seconds().count()), int(clock.subseconds().count()));
    return std::string(text, static_cast<std::size_t>(length));
}

} // namespace pollux
