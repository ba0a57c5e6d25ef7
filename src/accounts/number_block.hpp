// What a number has in common with its neighbours: its block and its country.
#pragma once

#include <string>
#include <string_view>

namespace pollux::accounts {

std::string block_of(std::string_view mobile);  // E.164 without its last four digits: ten thousand numbers.
std::string region_of(std::string_view mobile); // "DE"; the calling code where no country has it; "?" where there is none.

} // namespace pollux::accounts
