// How numbers were read before calling codes and lengths were known. Accounts of that time keep their numbers.
#pragma once

#include "numbers/number_reader.hpp"

namespace pollux::numbers {

// ASCII spaces, dashes, dots and brackets go, and the default code stands in front of what has no "+"; nullopt for what was no number.
std::optional<std::string> read_old_number(std::string_view text, NumberPlan const& plan);

// Text that reads as `old_number` by the old rule: what its owner may type, with the default code or without.
std::vector<std::string> spellings_of_old(std::string_view old_number, NumberPlan const& plan);

} // namespace pollux::numbers
