// The billing portal: configurations, sessions with their flows, and what a customer does on its page.
#pragma once

#include "stripe/subscription_life.hpp"

namespace pollux::sims::stripe {

inline constexpr std::int64_t portal_unused_s = 5 * minute;
inline constexpr std::int64_t portal_idle_s = hour;

// "cancel" (as the configuration says: at the period's end or at once), "undo", "switch" (to `price`), "update_payment_method".
void act_in_portal(Record& subscription, Record const* configuration, std::string const& what, std::string const& price);

// What a configuration's features.subscription_update.products are: answers leave them out until `expand` names them.
json::array const& offered_products(Record const& configuration);

// The session of a page that is still alive, used from now on; or null.
Record* use_portal(World& world, std::string_view secret);

Record& save_default_configuration(World& world, json::object const& params); // As the dashboard does.

void add_portal_configuration_routes(std::vector<Route>& routes);
void add_portal_session_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
