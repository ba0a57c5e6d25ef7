#include "numbers/number_table.hpp"

#include "numbers/number_pattern.hpp"

#include <algorithm>

namespace pollux::numbers {
namespace {

#include "numbers/number_table.inc"

constexpr std::size_t code_digits_max = 3;

bool is_ordinary(Region const& region, std::string_view national)
{
    return matches_number(region.mobile, national) || matches_number(region.fixed, national);
}

bool is_of_known_type(Region const& region, std::string_view national)
{
    return is_ordinary(region, national) || matches_number(region.other, national) || matches_number(region.refused, national);
}

} // namespace

std::span<Region const> CallingCode::regions() const
{
    return std::span(numbers::regions).subspan(region_first, region_count);
}

CallingCode const* calling_code(std::string_view code)
{
    auto const found = std::ranges::lower_bound(calling_codes, code, {}, &CallingCode::code);
    return found != std::end(calling_codes) && found->code == code ? found : nullptr;
}

CallingCode const* calling_code_of(std::string_view digits)
{
    for (std::size_t count = 1; count <= std::min(code_digits_max, digits.size()); ++count) {
        if (auto const* found = calling_code(digits.substr(0, count))) return found;
    }
    return nullptr;
}

bool is_region(std::string_view iso)
{
    return !iso.empty() && std::ranges::find(regions, iso, &Region::iso) != std::end(regions);
}

Region const& region_of(CallingCode const& code, std::string_view national)
{
    auto const members = code.regions();
    if (members.size() == 1) return members.front();
    for (Region const& region : members) {
        bool const is_its = region.leading.empty() ? is_of_known_type(region, national) : begins_like_number(region.leading, national);
        if (is_its) return region;
    }
    return members.front();
}

bool is_refused_type(CallingCode const& code, std::string_view national)
{
    Region const& region = region_of(code, national);
    return matches_number(region.refused, national) && !is_ordinary(region, national);
}

} // namespace pollux::numbers
