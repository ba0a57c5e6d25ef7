// What a reader of a feed gets at once: bounded, and cut between characters.
#pragma once

#include "base/literals.hpp"
#include "base/text.hpp"

#include <string>

namespace pollux::chat {

constexpr std::size_t piece_bytes_max = 64_KiB;

// Where a piece of text[offset:] ends.
inline std::size_t piece_end(std::string_view text, std::size_t offset)
{
    if (offset >= text.size() || text.size() - offset <= piece_bytes_max) return text.size();
    auto end = offset + piece_bytes_max;
    while (end > offset + piece_bytes_max - 4 && !is_character_border(text, end)) --end;
    return end;
}

inline std::string cut_piece(std::string text)
{
    text.resize(piece_end(text, 0));
    return text;
}

} // namespace pollux::chat
