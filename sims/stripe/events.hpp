// Events: what happened, with the object as it was then. Kept 30 days, and no more than so many.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

inline constexpr std::int64_t events_kept_s = 30 * day;
inline constexpr std::size_t events_max = 200'000; // In one world: some 5 KiB each.

Record& make_event(World& world, std::string_view type, json::object const& object, json::object previous);
json::object render_event(Record const& event);
// As it is delivered: it says the version that the endpoint is for, if one is given.
std::string payload_of(Record const& event, Record const* endpoint = nullptr);

void add_event_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
