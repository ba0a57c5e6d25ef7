// Stripe's lists: newest first, limit, starting_after, ending_before, has_more, created.
#pragma once

#include "stripe/route.hpp"

#include <functional>

namespace pollux::sims::stripe {

using Filter = std::function<bool(Record const&)>;

// A page of what `filter` lets through; deleted ones never. With a customer among the parameters, only that one's are looked at.
json::object list_of(Ask const& ask, std::string_view kind, Filter const& filter);

// {"gt", "gte", "lt", "lte"} or a number; anything when it was not given.
bool is_in_range(json::object const& params, std::string_view name, std::int64_t value);

// A list that stands within an object.
json::object inner_list(json::array data, std::string url);

} // namespace pollux::sims::stripe
