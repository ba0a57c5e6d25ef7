#include "base/typed_text.hpp"

#include <algorithm>
#include <iterator>

namespace pollux {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

// Unicode's general categories Z*, Cc and Cf, and what is drawn as nothing or as a space though it is a letter or a mark: combining
// grapheme joiner, Hangul fillers, inherent vowels of Khmer, variation selectors, the empty Braille pattern.
constexpr Range blanks[] = {{0x0, 0x20},        {0x7F, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x600, 0x605},
                            {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},
                            {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},
                            {0x2028, 0x202F},   {0x205F, 0x206F},   {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},
                            {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD},
                            {0x110CD, 0x110CD}, {0x13430, 0x13438}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};

// Category Pd, the minus signs, and the lines that keyboards of East Asia give for one.
constexpr Range dashes[] = {{0x2D, 0x2D},     {0x58A, 0x58A},   {0x5BE, 0x5BE},    {0x1400, 0x1400}, {0x1806, 0x1806}, {0x2010, 0x2015},
                            {0x2043, 0x2043}, {0x207B, 0x207B}, {0x208B, 0x208B},  {0x2212, 0x2212}, {0x2500, 0x2501}, {0x2796, 0x2796},
                            {0x2E17, 0x2E17}, {0x2E1A, 0x2E1A}, {0x2E3A, 0x2E3B},  {0x2E40, 0x2E40}, {0x2E5D, 0x2E5D}, {0x301C, 0x301C},
                            {0x3030, 0x3030}, {0x30A0, 0x30A0}, {0x30FC, 0x30FC},  {0xFE31, 0xFE32}, {0xFE58, 0xFE58}, {0xFE63, 0xFE63},
                            {0xFF0D, 0xFF0D}, {0xFF70, 0xFF70}, {0x10EAD, 0x10EAD}};

constexpr std::u32string_view dots_and_brackets =
    U".()[]{}\u00B7\u2022\u2024\u2027\u207D\u207E\u2219\u22C5\u3002\u30FB\uFE52\uFE59\uFE5A\uFF08\uFF09\uFF0E\uFF3B\uFF3D\uFF61";

// Where the ten digits of a script begin (category Nd).
constexpr char32_t zeros[] = {0x30,    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,   0xCE6,
                              0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,  0x1A80,
                              0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,
                              0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0,
                              0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
                              0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0};

template <std::size_t Count>
bool is_in(Range const (&ranges)[Count], char32_t character)
{
    auto const range = std::ranges::lower_bound(ranges, character, {}, &Range::last);
    return range != std::end(ranges) && range->first <= character;
}

// Length of the sequence that `lead` opens; 0 for a byte that opens none.
std::size_t length_of(unsigned char lead)
{
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

} // namespace

std::u32string to_code_points(std::string_view utf8)
{
    std::u32string characters;
    while (!utf8.empty()) {
        auto const lead = static_cast<unsigned char>(utf8.front());
        auto const length = length_of(lead);
        if (length == 0 || length > utf8.size()) break;
        char32_t character = length == 1 ? lead : lead & (0x7F >> length);
        for (auto byte : utf8.substr(1, length - 1)) character = (character << 6) | (static_cast<unsigned char>(byte) & 0x3F);
        characters.push_back(character);
        utf8.remove_prefix(length);
    }
    return characters;
}

bool is_blank(char32_t character)
{
    return is_in(blanks, character);
}

bool is_dash(char32_t character)
{
    return is_in(dashes, character);
}

bool is_dot_or_bracket(char32_t character)
{
    return dots_and_brackets.find(character) != std::u32string_view::npos;
}

std::optional<int> digit_value(char32_t character)
{
    auto const above = std::ranges::upper_bound(zeros, character);
    if (above == std::begin(zeros)) return std::nullopt;
    auto const value = character - *std::prev(above);
    if (value > 9) return std::nullopt;
    return static_cast<int>(value);
}

std::optional<std::string> typed_digits(std::string_view utf8)
{
    std::string digits;
    for (auto character : to_code_points(utf8)) {
        if (is_blank(character) || is_dash(character) || is_dot_or_bracket(character)) continue;
        auto const value = digit_value(character);
        if (!value) return std::nullopt;
        digits.push_back(static_cast<char>('0' + *value));
    }
    return digits;
}

} // namespace pollux
