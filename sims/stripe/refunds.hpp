// Refunds of charges, whole or in parts.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

Record& charge_of(World& world, std::string const& id, std::string const& param); // Of ch_... or pi_...

// {charge | payment_intent, amount, reason, metadata}. Until it fails or is cancelled its amount counts as refunded, whatever its status.
Record& make_refund(World& world, json::object const& params, std::string const& status = "succeeded");

// "succeed", "fail" (also after it had succeeded, as where the card was closed) or "cancel" (only what needs the customer's action).
void end_refund(Record& refund, std::string const& how);

void add_refund_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
