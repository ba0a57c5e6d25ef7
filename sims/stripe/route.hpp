// An endpoint of the API: what is asked, and the function that answers it.
#pragma once

#include "stripe/world.hpp"

namespace pollux::sims::stripe {

struct Ask {
    World& world;
    std::vector<std::string> ids; // From the path.
    json::object params;          // Checked, and of their types.
    std::string path;
};

struct Route {
    std::string_view endpoint; // "POST /v1/customers/{id}", as the table of parameters has it.
    json::object (*answer)(Ask&);
    std::string_view simulated; // The parameters that have an effect here ("a b c.d"), or "*" for all. Others are refused with 501.
};

} // namespace pollux::sims::stripe
