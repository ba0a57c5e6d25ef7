#include "ai/piece_joiner.hpp"

#include "base/repaired_text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace pollux::ai {
namespace {

constexpr std::size_t surrogate_bytes = 3;
constexpr std::size_t escape_bytes = 6; // Of \uXXXX.

unsigned byte_at(std::string_view text, std::size_t index)
{
    return static_cast<unsigned char>(text[index]);
}

// Whether three bytes that UTF-8 would give a surrogate stand there: `second` is 0xa0 for a high one, 0xb0 for a low one.
bool is_surrogate(std::string_view text, std::size_t at, unsigned second)
{
    return at + surrogate_bytes <= text.size() && byte_at(text, at) == 0xed && (byte_at(text, at + 1) & 0xf0) == second &&
           (byte_at(text, at + 2) & 0xc0) == 0x80;
}

unsigned surrogate_bits(std::string_view text, std::size_t at)
{
    return (byte_at(text, at + 1) & 0x0f) << 6 | (byte_at(text, at + 2) & 0x3f);
}

void append_pair(std::string& text, unsigned high_bits, unsigned low_bits)
{
    unsigned const character = 0x10000 + (high_bits << 10 | low_bits);
    for (int shift = 18; shift >= 0; shift -= 6) text += static_cast<char>((shift == 18 ? 0xf0 : 0x80) | (character >> shift & 0x3f));
}

std::string with_pairs_joined(std::string text)
{
    if (text.find('\xed') == std::string::npos) return text;
    std::string joined;
    for (std::size_t at = 0; at < text.size();) {
        bool const is_pair = is_surrogate(text, at, 0xa0) && is_surrogate(text, at + surrogate_bytes, 0xb0);
        if (is_pair) {
            append_pair(joined, surrogate_bits(text, at), surrogate_bits(text, at + surrogate_bytes));
            at += 2 * surrogate_bytes;
        } else {
            joined += text[at++];
        }
    }
    return joined;
}

// Bytes at the end that may be completed by what comes.
std::size_t open_bytes(std::string_view bytes)
{
    if (bytes.size() >= surrogate_bytes && is_surrogate(bytes, bytes.size() - surrogate_bytes, 0xa0)) return surrogate_bytes;
    for (std::size_t back = 1; back <= std::min<std::size_t>(5, bytes.size()); ++back) {
        auto const byte = byte_at(bytes, bytes.size() - back);
        if ((byte & 0xc0) == 0x80) continue;
        std::size_t const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        if (length <= back) return 0;
        // The other half of a pair has begun: both wait.
        bool const after_half =
            byte == 0xed && bytes.size() >= back + surrogate_bytes && is_surrogate(bytes, bytes.size() - back - surrogate_bytes, 0xa0);
        return after_half ? back + surrogate_bytes : back;
    }
    return 0;
}

std::optional<unsigned> escape_at(std::string_view json, std::size_t at)
{
    if (at + escape_bytes > json.size() || json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
    unsigned unit = 0;
    auto const* const begin = json.data() + at + 2;
    auto const [rest, failed] = std::from_chars(begin, begin + 4, unit, 16);
    if (failed != std::errc() || rest != begin + 4) return std::nullopt;
    return unit;
}

bool is_high(unsigned unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

bool is_low(unsigned unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

void append_surrogate(std::string& text, unsigned unit)
{
    text += '\xed';
    text += static_cast<char>(0x80 | (unit >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (unit & 0x3f));
}

} // namespace

std::string PieceJoiner::add(std::string_view piece)
{
    auto text = std::exchange(tail_, {});
    text += piece;
    std::erase(text, '\0');
    text = with_pairs_joined(std::move(text));
    auto const open = open_bytes(text);
    tail_ = text.substr(text.size() - open);
    text.resize(text.size() - open);
    return repaired_utf8(std::move(text));
}

std::string PieceJoiner::end()
{
    bool const was_open = !std::exchange(tail_, {}).empty();
    return was_open ? "\uFFFD" : "";
}

std::string surrogates_as_bytes(std::string_view json)
{
    std::string text;
    text.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        auto const unit = escape_at(json, at);
        if (!unit) {
            auto const length = json[at] == '\\' ? std::min<std::size_t>(2, json.size() - at) : 1; // An escaped backslash begins no escape.
            text += json.substr(at, length);
            at += length;
            continue;
        }
        auto const next = is_high(*unit) ? escape_at(json, at + escape_bytes) : std::nullopt;
        bool const is_pair = next && is_low(*next);
        bool const is_single = !is_pair && (is_high(*unit) || is_low(*unit));
        auto const length = is_pair ? 2 * escape_bytes : escape_bytes;
        if (is_single) {
            append_surrogate(text, *unit);
        } else {
            text += json.substr(at, length);
        }
        at += length;
    }
    return text;
}

} // namespace pollux::ai
