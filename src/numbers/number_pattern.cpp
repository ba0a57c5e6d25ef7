#include "numbers/number_pattern.hpp"

#include <cstdint>

namespace pollux::numbers {
namespace {

constexpr std::size_t digits_max = 31;

using Places = std::uint32_t; // Bit n: some way through the pattern stands before the n-th digit.

class Run {
public:
    Run(std::string_view pattern, std::string_view digits) : pattern_(pattern), digits_(digits) {}

    Places alternatives(Places from)
    {
        Places reached = sequence(from);
        while (at_ < pattern_.size() && pattern_[at_] == '|') {
            ++at_;
            reached |= sequence(from);
        }
        return reached;
    }

private:
    Places sequence(Places from)
    {
        while (at_ < pattern_.size() && pattern_[at_] != '|' && pattern_[at_] != ')') from = repeated(from);
        return from;
    }

    // An item and what says how often it stands there. The item is read again each time.
    Places repeated(Places from)
    {
        auto const begin = at_;
        Places now = item(from);
        auto const end = at_;
        auto const [least, most] = count();
        auto const after = at_;
        Places reached = least == 0 ? from : 0;
        for (int times = 1; times <= most; ++times) {
            if (times >= least) reached |= now;
            at_ = begin;
            if (times < most) now = item(now);
        }
        at_ = after > end ? after : end;
        return reached;
    }

    struct Count {
        int least;
        int most;
    };

    Count count()
    {
        if (at_ == pattern_.size()) return {1, 1};
        if (pattern_[at_] == '?') return ++at_, Count{0, 1};
        if (pattern_[at_] != '{') return {1, 1};
        ++at_;
        int const least = number();
        int most = least;
        if (pattern_[at_] == ',') {
            ++at_;
            most = number();
        }
        ++at_;
        return {least, most};
    }

    int number()
    {
        int value = 0;
        for (; pattern_[at_] >= '0' && pattern_[at_] <= '9'; ++at_) value = value * 10 + (pattern_[at_] - '0');
        return value;
    }

    Places item(Places from)
    {
        char const first = pattern_[at_++];
        if (first == '(') {
            at_ += 2; // "?:"
            Places const reached = alternatives(from);
            ++at_;
            return reached;
        }
        if (first == '\\') return ++at_, step(from, every_digit);
        if (first == '[') return step(from, set());
        return step(from, one(first));
    }

    using Digits = std::uint32_t; // Bit n: the digit n.
    static constexpr Digits every_digit = (1u << 10) - 1;
    static Digits one(char digit) { return 1u << (digit - '0'); }

    Digits set()
    {
        Digits digits = 0;
        for (; pattern_[at_] != ']'; ++at_) {
            bool const is_range = pattern_[at_ + 1] == '-';
            char const last = is_range ? pattern_[at_ + 2] : pattern_[at_];
            for (char digit = pattern_[at_]; digit <= last; ++digit) digits |= one(digit);
            if (is_range) at_ += 2;
        }
        ++at_;
        return digits;
    }

    Places step(Places from, Digits digits) const
    {
        Places reached = 0;
        for (std::size_t place = 0; place < digits_.size(); ++place) {
            if ((from >> place & 1) && (digits & one(digits_[place]))) reached |= 1u << (place + 1);
        }
        return reached;
    }

    std::string_view pattern_;
    std::string_view digits_;
    std::size_t at_ = 0;
};

Places reached_by(std::string_view pattern, std::string_view digits)
{
    if (pattern.empty() || digits.size() > digits_max) return 0;
    return Run(pattern, digits).alternatives(1);
}

} // namespace

bool matches_number(std::string_view pattern, std::string_view digits)
{
    return reached_by(pattern, digits) >> digits.size() & 1;
}

bool begins_like_number(std::string_view pattern, std::string_view digits)
{
    return reached_by(pattern, digits) != 0;
}

} // namespace pollux::numbers
