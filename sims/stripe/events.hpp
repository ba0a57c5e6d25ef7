// Events: what happened, with the object as it was then. Kept 30 days, and no more than so many.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

inline constexpr std::int64_t events_kept_s = 30 * day;
inline constexpr std::size_t events_max = 400'000; // In one world.

Record& make_event(World& world, std::string_view type, json::object const& object, json::object previous);
json::object render_event(Record const& event);
std::string payload_of(Record const& event); // As it is delivered.

void add_event_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
