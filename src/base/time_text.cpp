#include "base/time_text.hpp"

#include "base/text.hpp"

namespace pollux {
namespace {

// Reads from the front of a text; what does not fit empties the result for good.
class TimeReader {
public:
    explicit TimeReader(std::string_view text) : text_(text) {}

    int number(std::size_t digits)
    {
        int value = 0;
        for (std::size_t index = 0; index < digits; ++index) value = value * 10 + digit();
        return value;
    }

    char one_of(std::string_view letters)
    {
        if (text_.empty() || letters.find(text_.front()) == std::string_view::npos) {
            is_right_ = false;
            return '\0';
        }
        return take();
    }

    bool is_next(char letter) const { return !text_.empty() && text_.front() == letter; }
    bool is_next_digit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
    bool is_over() const { return text_.empty(); }
    bool is_right() const { return is_right_; }
    void refuse() { is_right_ = false; }

private:
    int digit()
    {
        if (is_next_digit()) return take() - '0';
        is_right_ = false;
        return 0;
    }
    char take()
    {
        char const letter = text_.front();
        text_.remove_prefix(1);
        return letter;
    }

    std::string_view text_;
    bool is_right_ = true;
};

Time read_date(TimeReader& reader)
{
    int const year = reader.number(4);
    reader.one_of("-");
    int const month = reader.number(2);
    reader.one_of("-");
    int const day = reader.number(2);
    std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    bool const is_date = date.ok() && year < 9999;
    if (!is_date) reader.refuse();
    return is_date ? Time(std::chrono::sys_days(date)) : Time();
}

std::chrono::minutes read_hours_and_minutes(TimeReader& reader)
{
    int const hours = reader.number(2);
    reader.one_of(":");
    int const minutes = reader.number(2);
    if (hours > 23 || minutes > 59) reader.refuse();
    return std::chrono::hours(hours) + std::chrono::minutes(minutes);
}

// Digits beyond the microseconds are passed over.
std::chrono::microseconds read_fraction(TimeReader& reader)
{
    std::chrono::microseconds fraction{0};
    if (!reader.is_next('.')) return fraction;
    reader.one_of(".");
    if (!reader.is_next_digit()) reader.refuse();
    for (std::chrono::microseconds place{100'000}; reader.is_next_digit(); place /= 10) fraction += place * reader.number(1);
    return fraction;
}

std::chrono::minutes read_offset(TimeReader& reader)
{
    char const sign = reader.one_of("Zz+-");
    if (sign != '+' && sign != '-') return std::chrono::minutes(0);
    auto const offset = read_hours_and_minutes(reader);
    return sign == '+' ? offset : -offset;
}

} // namespace

std::optional<Time> parse_end(std::string_view text)
{
    TimeReader reader(trim(text));
    auto time = read_date(reader);
    if (reader.is_right() && reader.is_over()) return time + std::chrono::days(1);
    reader.one_of("Tt ");
    time += read_hours_and_minutes(reader);
    reader.one_of(":");
    int const seconds = reader.number(2);
    if (seconds > 59) reader.refuse();
    time += std::chrono::seconds(seconds);
    time += read_fraction(reader);
    time -= read_offset(reader);
    if (!reader.is_right() || !reader.is_over()) return std::nullopt;
    return time;
}

} // namespace pollux
