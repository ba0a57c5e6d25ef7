// The account that a key belongs to.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

void add_account_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
