#include "accounts/password_rules.hpp"

#include "base/embedded_file.hpp"
#include "base/text.hpp"
#include "base/typed_text.hpp"

#include <algorithm>
#include <set>
#include <span>

namespace pollux {

// common_passwords.txt of this folder: one a line, sorted by bytes, each line ended by LF.
std::span<EmbeddedFile const> pollux_common_passwords_files();

} // namespace pollux

namespace pollux::accounts {
namespace {

constexpr std::size_t short_pattern_max = 4;        // Characters; a longer one said twice is as good as said once.
constexpr std::size_t different_characters_min = 3; // In the whole password.
constexpr std::size_t number_digits_min = 6;        // Shorter ends of the number say nothing of it.
constexpr std::size_t country_digits_max = 3;
constexpr char32_t full_width_first = U'\uFF01';
constexpr char32_t full_width_last = U'\uFF5E';

std::string_view common_passwords()
{
    return pollux_common_passwords_files().front().bytes;
}

// The password as a guesser sees it: without blanks, in lower case, full-width letters and the digits of other scripts as ASCII.
std::u32string core_of(std::string_view password)
{
    std::u32string core;
    for (auto character : to_code_points(password)) {
        if (is_blank(character)) continue;
        if (auto const digit = digit_value(character)) character = U'0' + static_cast<char32_t>(*digit);
        if (character >= full_width_first && character <= full_width_last) character -= full_width_first - U'!';
        if (character >= U'A' && character <= U'Z') character += U'a' - U'A';
        core.push_back(character);
    }
    return core;
}

// Empty where something is no ASCII: the list of common passwords has nothing else.
std::string ascii_of(std::u32string_view core)
{
    std::string text;
    for (auto character : core) {
        if (character >= 0x80) return {};
        text.push_back(static_cast<char>(character));
    }
    return text;
}

// The length of the shortest pattern that `core` consists of, the last time perhaps cut off; all of it when there is none.
std::size_t period_of(std::u32string_view core)
{
    for (std::size_t period = 1; period <= core.size() / 2; ++period) {
        if (core.substr(period) == core.substr(0, core.size() - period)) return period;
    }
    return core.size();
}

// "34567890", "hgfedcba": each character follows the one before it, upwards or downwards; 0 comes after 9.
bool is_row(std::u32string_view core)
{
    auto const follows = [](char32_t left, char32_t right) { return right == left + 1 || (left == U'9' && right == U'0'); };
    bool up = true;
    bool down = true;
    for (std::size_t index = 1; index < core.size(); ++index) {
        up = up && follows(core[index - 1], core[index]);
        down = down && follows(core[index], core[index - 1]);
    }
    return up || down;
}

// Nothing but digits and what people write between them, in the order of a telephone number; nullopt for anything else.
std::optional<std::string> telephone_digits(std::string_view text)
{
    std::string plain;
    for (auto character : to_code_points(text)) {
        if (is_blank(character) || is_dash(character) || is_dot_or_bracket(character)) continue;
        if (character == U'+' || character == U'\uFF0B' || character == U'/') continue;
        auto const digit = digit_value(character);
        if (!digit) return std::nullopt;
        plain.push_back(static_cast<char>('0' + *digit));
    }
    return plain;
}

// As it is dialled from anywhere: with the country's code or without, with the zeros before either, or with "(0)" between them.
bool is_own_number(std::string_view password, std::string_view mobile)
{
    auto const typed = telephone_digits(password);
    if (!typed || mobile.empty()) return false;
    auto const number = mobile.substr(1);
    auto const digits = std::string_view(*typed).substr(std::min(typed->find_first_not_of('0'), typed->size()));
    if (digits.size() < number_digits_min) return false;
    if (number.ends_with(digits) || digits.ends_with(number)) return true;
    for (std::size_t country = 1; country <= country_digits_max && country < number.size(); ++country) {
        auto const with_zero = std::string(number.substr(0, country)) + "0" + std::string(number.substr(country));
        if (digits.ends_with(with_zero)) return true;
    }
    return false;
}

} // namespace

std::size_t common_password_count()
{
    return static_cast<std::size_t>(std::ranges::count(common_passwords(), '\n'));
}

// Halves the text itself, line by line: the list costs no memory beyond the binary's pages.
bool is_common_password(std::string_view password)
{
    auto const wanted = lower_ascii(password);
    auto lines = common_passwords();
    while (!lines.empty()) {
        auto const middle = lines.size() / 2;
        auto const break_before = middle == 0 ? std::string_view::npos : lines.rfind('\n', middle - 1);
        auto const begin = break_before == std::string_view::npos ? 0 : break_before + 1;
        auto const end = lines.find('\n', begin);
        auto const line = lines.substr(begin, end - begin);
        if (line == wanted) return true;
        lines = line < wanted ? lines.substr(end + 1) : lines.substr(0, begin);
    }
    return false;
}

Result<void> check_new_password(std::string_view field, std::string_view password, std::string_view mobile)
{
    auto const core = core_of(password);
    if (core.empty()) return invalid(field, "too_simple", "This password has nothing but spaces and characters that nobody sees.");
    auto const pattern = std::u32string_view(core).substr(0, period_of(core));
    if (is_own_number(password, mobile) || is_own_number(ascii_of(pattern), mobile)) {
        return invalid(field, "own_number", "This password is the mobile number of the account, which many people know; choose another.");
    }
    if (is_common_password(password) || is_common_password(ascii_of(core)) || is_common_password(ascii_of(pattern))) {
        return invalid(field, "too_common", "This password is among the most common ones; choose another.");
    }
    if (is_row(core)) return invalid(field, "too_simple", "This password is a row of neighbours, like 34567890; choose another.");
    bool const repeats = pattern.size() < core.size() && pattern.size() <= short_pattern_max;
    if (repeats || std::set<char32_t>(core.begin(), core.end()).size() < different_characters_min) {
        return invalid(field, "too_simple",
                       "This password says the same thing again and again; choose another, four plain words for example.");
    }
    return {};
}

} // namespace pollux::accounts
