// Products.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

Record& make_product(World& world, json::object const& params);

void add_product_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
