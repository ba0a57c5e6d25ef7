// What simulators pick at random, all from one source, so that a test may have it repeated.
#pragma once

#include <cstdint>
#include <string>

namespace pollux::sims {

std::string random_letters(std::size_t count); // [0-9A-Za-z]
std::size_t random_number(std::size_t least, std::size_t most);
void seed_random(std::uint64_t seed); // What is random repeats from here on.

} // namespace pollux::sims
