// Random ids as Stripe makes them.
#pragma once

#include "random.hpp"

#include <string_view>

namespace pollux::sims::stripe {

std::string make_id(std::string_view prefix); // "cus_" + 14 or 24 letters.

} // namespace pollux::sims::stripe
