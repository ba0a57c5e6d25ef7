// UTF-8 text: counting, cutting and judging it. All functions take invalid UTF-8 unless they say otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// Code points in valid UTF-8.
std::size_t code_points(std::string_view utf8);

// The longest prefix of at most `count_max` code points of valid UTF-8.
std::string_view cut_code_points(std::string_view utf8, std::size_t count_max);

// Whether `offset` stands between two characters of valid UTF-8 (0 and the end do).
bool is_character_border(std::string_view utf8, std::size_t offset);

// Control characters (C0, DEL, C1) and the bidirectional overrides and isolates that let a name lie about itself.
bool has_control_or_bidi(std::string_view utf8);

std::string_view trim(std::string_view ascii_padded);
std::string lower_ascii(std::string_view text);
bool equals_ignoring_case(std::string_view left, std::string_view right);

// The whole text is a decimal integer that fits; no sign but "-", no spaces, no leading "+".
std::optional<std::int64_t> parse_integer(std::string_view text);

// Percent-decoding (RFC 3986); nullopt for a broken escape. '+' stays '+' unless `plus_is_space`.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

} // namespace pollux
