// The small part of regular expressions that the table of numbers is written in: digits, \d, [1-49], (?:...), |, ? and {n,m}. Matching
// follows all ways at once, a bit for each place in the text, so that no pattern and no text makes it slow.
#pragma once

#include <string_view>

namespace pollux::numbers {

// Of at most 31 digits. An empty pattern matches nothing.
bool matches_number(std::string_view pattern, std::string_view digits);     // The whole text.
bool begins_like_number(std::string_view pattern, std::string_view digits); // Its beginning.

} // namespace pollux::numbers
