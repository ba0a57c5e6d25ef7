// What Stripe refuses of a new Checkout session, beyond unknown parameters.
#pragma once

#include "stripe/world.hpp"

namespace pollux::sims::stripe {

void check_session(World& world, json::object const& params); // Throws StripeError.

} // namespace pollux::sims::stripe
