#include "pages/byte_range.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace pollux::pages {
namespace {

// Any number of digits: what is too large for a number is beyond every file.
std::optional<std::size_t> read_place(std::string_view digits)
{
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    constexpr std::size_t digits_max = 18;
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    if (digits.size() > digits_max) return std::numeric_limits<std::size_t>::max();
    std::size_t place = 0;
    for (char const digit : digits) place = place * 10 + static_cast<std::size_t>(digit - '0');
    return place;
}

} // namespace

ByteRange read_range(std::optional<std::string_view> range, std::size_t size)
{
    constexpr std::string_view unit = "bytes=";
    ByteRange const whole{};
    if (!range || !equals_ignoring_case(range->substr(0, unit.size()), unit)) return whole;
    auto const spec = trim(range->substr(unit.size()));
    auto const dash = spec.find('-');
    if (dash == std::string_view::npos) return whole;
    auto const first = read_place(spec.substr(0, dash));
    auto const last = read_place(spec.substr(dash + 1));
    if (dash == 0) { // The last so many.
        if (!last) return whole;
        if (*last == 0 || size == 0) return {ByteRange::Kind::beyond};
        return {ByteRange::Kind::part, size - std::min(*last, size), size};
    }
    bool const is_open = dash + 1 == spec.size();
    if (!first || (!last && !is_open) || (last && *last < *first)) return whole;
    if (*first >= size) return {ByteRange::Kind::beyond};
    return {ByteRange::Kind::part, *first, last && *last < size - 1 ? *last + 1 : size};
}

} // namespace pollux::pages
