#include "numbers/number_text.hpp"

#include "base/text.hpp"
#include "base/typed_text.hpp"

namespace pollux::numbers {
namespace {

bool is_plus(char32_t letter)
{
    return letter == U'+' || letter == 0xFF0B || letter == 0xFE62 || letter == 0x207A;
}

bool is_opening(char32_t letter)
{
    return letter == U'(' || letter == U'[' || letter == 0xFF08;
}

bool is_closing(char32_t letter)
{
    return letter == U')' || letter == U']' || letter == 0xFF09;
}

// Slashes, tildes, and the frame that turns a digit into a key.
bool is_written_between(char32_t letter)
{
    constexpr std::u32string_view others = U"/~\u2044\u2053\u2215\u223C\u20E3\uFF0F\uFF5E";
    return is_blank(letter) || is_dash(letter) || is_dot_or_bracket(letter) || others.find(letter) != std::u32string_view::npos;
}

} // namespace

std::optional<PlainNumber> plain_number(std::string_view text)
{
    if (!is_utf8(text)) return std::nullopt;
    if (equals_ignoring_case(text.substr(0, 4), "tel:")) text.remove_prefix(4);
    PlainNumber plain;
    std::optional<std::size_t> opened_at; // How many digits stood before the bracket that is open.
    for (char32_t const letter : to_code_points(text)) {
        if (auto const digit = digit_value(letter)) {
            plain.digits.push_back(static_cast<char>('0' + *digit));
        } else if (is_plus(letter) && plain.digits.empty() && !plain.has_plus) {
            plain.has_plus = true;
        } else if (letter == 0 || !is_written_between(letter)) {
            return std::nullopt;
        }
        if (is_opening(letter)) opened_at = plain.digits.size();
        if (!is_closing(letter) || !opened_at) continue;
        bool const is_zero = plain.digits.size() == *opened_at + 1 && plain.digits.back() == '0';
        if (is_zero && !plain.bracketed_zero) plain.bracketed_zero = opened_at;
        opened_at.reset();
    }
    return plain;
}

} // namespace pollux::numbers
