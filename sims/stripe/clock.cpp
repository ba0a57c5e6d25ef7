#include "stripe/clock.hpp"

#include "stripe/store.hpp"

#include <algorithm>
#include <chrono>

namespace pollux::sims::stripe {

double machine_time()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::int64_t Clock::now() const
{
    if (standing_ > 0) return standing_;
    return static_cast<std::int64_t>(machine_time()) + ahead_;
}

void Clock::remind(std::int64_t time, Record& record, std::function<void(Record&)> const& act)
{
    record.due = time;
    if (time > 0) reminders_.emplace(time, Reminder{&record, &act});
}

void Clock::advance_to(std::int64_t time)
{
    if (standing_ > 0) return; // What happens at a second moves no clock.
    auto const begin = now();
    while (!reminders_.empty() && reminders_.begin()->first <= time) {
        auto const [due, reminder] = *reminders_.begin();
        reminders_.erase(reminders_.begin());
        if (reminder.record->due != due) continue; // It changed since.
        reminder.record->due = 0;
        standing_ = std::max(due, begin - 60 * day); // What a test set long into the past is done now.
        (*reminder.act)(*reminder.record);
    }
    standing_ = 0;
    if (time > begin) ahead_ += time - begin;
}

void Clock::forget()
{
    reminders_.clear();
}

std::int64_t add_interval(std::int64_t anchor, std::int64_t times, std::string const& interval, std::int64_t count)
{
    if (interval == "day") return anchor + times * count * day;
    if (interval == "week") return anchor + times * count * 7 * day;
    using namespace std::chrono;
    sys_seconds const moment{seconds(anchor)};
    auto const midnight = floor<days>(moment);
    year_month_day const date{midnight};
    auto const later = date + months(times * count * (interval == "year" ? 12 : 1));
    auto const there = later.ok() ? sys_days(later) : sys_days(later.year() / later.month() / last);
    return (there + (moment - midnight)).time_since_epoch().count();
}

} // namespace pollux::sims::stripe
