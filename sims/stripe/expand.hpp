// expand[]: ids become the objects they name, up to four levels deep, and fields appear that are left out otherwise.
#pragma once

#include "stripe/world.hpp"

namespace pollux::sims::stripe {

void expand_all(World& world, json::object& answer, json::object const& params); // Throws StripeError for what cannot be expanded.

} // namespace pollux::sims::stripe
