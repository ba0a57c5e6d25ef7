#include "base/clock.hpp"

namespace pollux {
namespace {

// Overwrites the digits that end before `end`.
void write_number(char* end, unsigned number, int digits)
{
    for (; digits > 0; --digits, number /= 10) *--end = static_cast<char>('0' + number % 10);
}

} // namespace

std::string rfc3339(Time time)
{
    // By hand: a page of messages has a hundred times in it, and printf took most of the page's time for them.
    auto day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(time - day);
    std::string text = "0000-00-00T00:00:00.000000Z";
    write_number(&text[4], static_cast<unsigned>(int(date.year())), 4);
    write_number(&text[7], unsigned(date.month()), 2);
    write_number(&text[10], unsigned(date.day()), 2);
    write_number(&text[13], static_cast<unsigned>(clock.hours().count()), 2);
    write_number(&text[16], static_cast<unsigned>(clock.minutes().count()), 2);
    write_number(&text[19], static_cast<unsigned>(clock.seconds().count()), 2);
    write_number(&text[26], static_cast<unsigned>(clock.subseconds().count()), 6);
    return text;
}

} // namespace pollux
