// The endpoints of subscriptions and of their items.
#pragma once

#include "stripe/subscription_life.hpp"

namespace pollux::sims::stripe {

json::object billing_mode_of(json::object const* given); // Flexible unless classic is asked for.

void add_subscription_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
