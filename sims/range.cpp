#include "range.hpp"

#include "random.hpp"

#include <stdexcept>

namespace pollux::sims {

std::size_t Range::pick() const
{
    return random_number(least, most);
}

Range read_range(std::string_view name, json::value const& given)
{
    auto const* pair = given.if_array();
    auto const& first = pair && pair->size() == 2 ? (*pair)[0] : given;
    auto const& second = pair && pair->size() == 2 ? (*pair)[1] : given;
    if (!first.is_int64() || !second.is_int64() || first.get_int64() < 0 || first.get_int64() > second.get_int64())
        throw std::invalid_argument(std::string(name) + " is a number or [least, most]");
    return {static_cast<std::size_t>(first.get_int64()), static_cast<std::size_t>(second.get_int64())};
}

Range read_range(json::object const& plan, std::string_view name, Range otherwise)
{
    auto const* value = plan.if_contains(name);
    return value ? read_range(name, *value) : otherwise;
}

std::size_t read_count(json::object const& plan, std::string_view name, std::size_t otherwise)
{
    return read_range(plan, name, {otherwise, otherwise}).most;
}

} // namespace pollux::sims
