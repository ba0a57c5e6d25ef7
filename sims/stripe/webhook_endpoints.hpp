// Where events are sent to. Stripe gives the secret once, at the creation.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

bool wants(Record const& endpoint, std::string_view event_type); // Enabled, and the type is among its events.
std::vector<std::string> secrets_of(Record const& endpoint);     // Two while a secret is being rolled.
std::string roll_secret(Record& endpoint);                       // The new one; the old ones go on signing beside it.

void add_webhook_endpoint_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
