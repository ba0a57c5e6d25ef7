// Random ids as Stripe makes them.
#pragma once

#include <string>
#include <string_view>

namespace pollux::sims::stripe {

std::string random_letters(std::size_t count); // [0-9A-Za-z]
std::string make_id(std::string_view prefix);  // "cus_" + 14 or 24 letters.
std::size_t random_number(std::size_t least, std::size_t most);
void seed_random(std::uint64_t seed); // Ids and random orders repeat from here on.

} // namespace pollux::sims::stripe
