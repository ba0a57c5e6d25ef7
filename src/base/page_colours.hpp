// The backgrounds of the pages, on which an accent has to be read, and the accents they have by themselves: the tokens of ui/src/design.
#pragma once

#include "base/colour.hpp"

#include <array>

namespace pollux {

inline constexpr double readable_ratio = 4.5; // WCAG 2.2, 1.4.3: text of usual size.

// bg and surface, rail, sunken.
inline constexpr std::array<Colour, 3> light_backgrounds{{{0xff, 0xff, 0xff}, {0xf6, 0xf7, 0xf8}, {0xf1, 0xf3, 0xf5}}};
// bg, rail, surface, sunken, raised.
inline constexpr std::array<Colour, 5> dark_backgrounds{
    {{0x0f, 0x13, 0x17}, {0x13, 0x18, 0x1d}, {0x16, 0x1b, 0x21}, {0x1a, 0x20, 0x27}, {0x1f, 0x26, 0x2d}}};

inline constexpr Colour usual_accent{0x0c, 0x60, 0x78};
inline constexpr Colour usual_dark_accent{0x67, 0xc5, 0xdd};

} // namespace pollux
