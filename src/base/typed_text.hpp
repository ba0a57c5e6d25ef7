// What people type and paste where digits are meant: codes, numbers. Word processors, chat programs and phones put in characters that
// nobody sees, lines that are no hyphen, and the digits of their language.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux {

// Stops at what is no UTF-8.
std::u32string to_code_points(std::string_view utf8);

// Spaces of every width, controls, joiners, direction marks, variation selectors and fillers: what leaves the page as it is.
bool is_blank(char32_t character);

bool is_dash(char32_t character); // Hyphens, dashes and minus signs of all scripts.

bool is_dot_or_bracket(char32_t character); // What people write between groups of digits beside blanks and dashes.

std::optional<int> digit_value(char32_t character); // 0 to 9, of any script.

// The digits in `utf8` as ASCII, without blanks, dashes, dots and brackets between them; nullopt when anything else stands there.
std::optional<std::string> typed_digits(std::string_view utf8);

} // namespace pollux
