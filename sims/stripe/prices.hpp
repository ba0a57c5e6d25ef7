// Prices: amount, currency and interval never change; lookup keys are each of one price.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

json::object plan_of(json::object const& price); // The old form, which subscription items have beside the price.

void add_price_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
