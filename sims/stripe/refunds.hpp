// Refunds of charges, whole or in parts.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

Record& charge_of(World& world, std::string const& id, std::string const& param); // Of ch_... or pi_...

// {charge | payment_intent, amount, reason, metadata}
Record& make_refund(World& world, json::object const& params);

void add_refund_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
