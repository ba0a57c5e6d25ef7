// A number as somebody types or pastes it, made plain: ASCII digits. Spaces, dashes, dots, slashes, brackets and whatever cannot
// be seen (direction marks, joiners, no-break and full-width forms) go; digits of other scripts become ours.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::numbers {

struct PlainNumber {
    std::string digits;
    bool has_plus = false;                     // "+" stood before the first digit.
    std::optional<std::size_t> bracketed_zero; // Where in `digits` a zero is that stood alone in brackets: "+44 (0)20".
};

// nullopt for anything that is not part of a number: letters, a second "+", broken UTF-8.
std::optional<PlainNumber> plain_number(std::string_view text);

} // namespace pollux::numbers
