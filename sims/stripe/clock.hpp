// The simulator's time: the machine's, moved forward by tests. What is due at some second is done at that second, in order, also when
// the clock is moved over it by months.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace pollux::sims::stripe {

struct Record;

double machine_time(); // Seconds since 1970, by the machine's clock alone.

class Clock {
public:
    std::int64_t now() const; // Seconds since 1970.

    // Calls `act` for the record at `time`, if its `due` is still that.
    void remind(std::int64_t time, Record& record, std::function<void(Record&)> const& act);

    void advance_to(std::int64_t time); // Does what is due up to then; never backwards.
    void catch_up() { advance_to(now()); }
    void forget();

private:
    struct Reminder {
        Record* record;
        std::function<void(Record&)> const* act;
    };

    std::int64_t ahead_ = 0;    // Of the machine's clock.
    std::int64_t standing_ = 0; // While it is moved: the second that it stands at.
    std::multimap<std::int64_t, Reminder> reminders_;
};

// `count` months (days, weeks, years) after the anchor, by Stripe's rule: the anchor's day, or the last one of a shorter month.
std::int64_t add_interval(std::int64_t anchor, std::int64_t times, std::string const& interval, std::int64_t count);

inline constexpr std::int64_t minute = 60, hour = 3600, day = 86400;

} // namespace pollux::sims::stripe
