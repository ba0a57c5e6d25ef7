// Colours of the pages: whether text in one can be read on another, and the nearest one that can.
// Source: WCAG 2.2, 1.4.3 and "relative luminance"; the lightness is Oklab's (bottosson.github.io/posts/oklab), in which a colour that is
// made lighter or darker keeps its hue.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pollux {

struct Colour {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
    bool operator==(Colour const&) const = default;
};

// "#0c6078" or "0c6078", in letters of either size.
std::optional<Colour> parse_colour(std::string_view text);
std::string to_text(Colour colour); // "#0c6078"

// From 1 to 21.
double contrast(Colour one, Colour other);
double least_contrast(Colour text, std::span<Colour const> backgrounds);

// `share` of `over` (0 to 1) on top of `under`.
Colour mixed(Colour over, Colour under, double share);

// Its lightness moved by `by` (of 0 to 1); what a screen cannot show loses some of its colour.
Colour lightened(Colour colour, double by);

enum class Towards { dark, light };
// The colour itself, or the nearest one in that direction whose contrast is at least `ratio` on each of the backgrounds. Black or white
// where none is.
Colour readable(Colour colour, std::span<Colour const> backgrounds, double ratio, Towards towards);

} // namespace pollux
