#include "base/text.hpp"

#include <charconv>
#include <cstring>

namespace pollux {
namespace {

// Length of the valid sequence at the front, 0 when there is none.
std::size_t sequence_length(std::string_view text, char32_t& character)
{
    auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    unsigned char const first = byte(0);
    if (first < 0x80) {
        character = first;
        return 1;
    }
    std::size_t const length = first >= 0xC2 && first <= 0xDF ? 2 : (first & 0xF0) == 0xE0 ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
    if (length == 0 || text.size() < length) return 0;
    character = first & (0x7F >> length);
    for (std::size_t index = 1; index < length; ++index) {
        if ((byte(index) & 0xC0) != 0x80) return 0;
        character = (character << 6) | (byte(index) & 0x3F);
    }
    bool const overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
    bool const surrogate = character >= 0xD800 && character <= 0xDFFF;
    return overlong || surrogate || character > 0x10FFFF ? 0 : length;
}

bool is_continuation(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (lower(digit) >= 'a' && lower(digit) <= 'f') return lower(digit) - 'a' + 10;
    return -1;
}

} // namespace

bool is_utf8(std::string_view text)
{
    while (!text.empty()) {
        // Most text is ASCII: eight bytes at a time.
        std::uint64_t word = 0;
        if (text.size() >= sizeof word) {
            std::memcpy(&word, text.data(), sizeof word);
            if ((word & 0x8080'8080'8080'8080u) == 0) {
                text.remove_prefix(sizeof word);
                continue;
            }
        }
        char32_t character = 0;
        std::size_t const length = sequence_length(text, character);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::size_t code_points(std::string_view utf8)
{
    std::size_t count = 0;
    for (char const byte : utf8) count += is_continuation(byte) ? 0 : 1;
    return count;
}

std::string_view cut_code_points(std::string_view utf8, std::size_t count_max)
{
    std::size_t count = 0;
    for (std::size_t index = 0; index < utf8.size(); ++index) {
        if (is_continuation(utf8[index])) continue;
        if (count == count_max) return utf8.substr(0, index);
        ++count;
    }
    return utf8;
}

bool is_character_border(std::string_view utf8, std::size_t offset)
{
    return offset == utf8.size() || (offset < utf8.size() && !is_continuation(utf8[offset]));
}

bool has_control_or_bidi(std::string_view utf8)
{
    while (!utf8.empty()) {
        char32_t character = 0;
        std::size_t const length = sequence_length(utf8, character);
        if (length == 0) return true;
        bool const control = character < 0x20 || (character >= 0x7F && character < 0xA0);
        bool const bidi = (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
        bool const line = character == 0x2028 || character == 0x2029;
        if (control || bidi || line) return true;
        utf8.remove_prefix(length);
    }
    return false;
}

std::string_view trim(std::string_view text)
{
    auto is_space = [](char letter) { return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string lower_ascii(std::string_view text)
{
    std::string lowered(text);
    for (char& letter : lowered) letter = lower(letter);
    return lowered;
}

bool equals_ignoring_case(std::string_view left, std::string_view right)
{
    if (left.size() != right.size()) return false;
    for (std::size_t index = 0; index < left.size(); ++index) {
        if (lower(left[index]) != lower(right[index])) return false;
    }
    return true;
}

std::optional<std::int64_t> parse_integer(std::string_view text)
{
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space)
{
    std::string decoded(text);
    if (plus_is_space) std::ranges::replace(decoded, '+', ' ');
    auto in = decoded.find('%');
    if (in == std::string::npos) return decoded;
    // In place: what is decoded is shorter.
    auto out = in;
    while (in < decoded.size()) {
        if (decoded[in] == '%') {
            if (in + 2 >= decoded.size()) return std::nullopt;
            int const high = hex_digit(decoded[in + 1]);
            int const low = hex_digit(decoded[in + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            decoded[out++] = static_cast<char>(high * 16 + low);
            in += 3;
        } else {
            decoded[out++] = decoded[in++];
        }
    }
    decoded.resize(out);
    return decoded;
}

} // namespace pollux
