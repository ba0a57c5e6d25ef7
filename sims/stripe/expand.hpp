// expand[]: ids become the objects they name, up to four levels deep, and fields appear that are left out otherwise.
#pragma once

#include "stripe/world.hpp"

namespace pollux::sims::stripe {

// What can be told from the endpoint alone, so that a wrong one is refused before a POST has its effect.
void check_expand(std::string_view endpoint, json::object const& params);

void expand_all(World& world, json::object& answer, json::object const& params); // Throws StripeError for what cannot be expanded.

} // namespace pollux::sims::stripe
