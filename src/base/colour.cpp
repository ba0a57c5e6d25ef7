#include "base/colour.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pollux {
namespace {

struct Linear {
    double red = 0;
    double green = 0;
    double blue = 0;
};

struct Oklab {
    double lightness = 0;
    double a = 0;
    double b = 0;
};

double to_linear(std::uint8_t value)
{
    double const part = value / 255.0;
    return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
}

std::uint8_t from_linear(double value)
{
    double const part = value <= 0.0031308 ? value * 12.92 : 1.055 * std::pow(value, 1 / 2.4) - 0.055;
    return static_cast<std::uint8_t>(std::lround(std::clamp(part, 0.0, 1.0) * 255));
}

Linear linear(Colour colour)
{
    return {to_linear(colour.red), to_linear(colour.green), to_linear(colour.blue)};
}

Oklab oklab(Colour colour)
{
    auto const [red, green, blue] = linear(colour);
    double const l = std::cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    double const m = std::cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    double const s = std::cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s, 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

Linear linear(Oklab const& colour)
{
    auto const cube = [](double value) { return value * value * value; };
    double const l = cube(colour.lightness + 0.3963377774 * colour.a + 0.2158037573 * colour.b);
    double const m = cube(colour.lightness - 0.1055613458 * colour.a - 0.0638541728 * colour.b);
    double const s = cube(colour.lightness - 0.0894841775 * colour.a - 1.2914855480 * colour.b);
    return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

bool can_be_shown(Linear const& colour)
{
    constexpr double slack = 0.0005;
    return std::ranges::all_of(std::array{colour.red, colour.green, colour.blue},
                               [](double part) { return part >= -slack && part <= 1 + slack; });
}

// With as much of its colour as a screen can show at this lightness.
Colour shown(Oklab colour)
{
    constexpr double step = 0.98;
    while (!can_be_shown(linear(colour)) && std::hypot(colour.a, colour.b) > 0.001) {
        colour.a *= step;
        colour.b *= step;
    }
    auto const [red, green, blue] = linear(colour);
    return {from_linear(red), from_linear(green), from_linear(blue)};
}

double luminance(Colour colour)
{
    auto const [red, green, blue] = linear(colour);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

} // namespace

std::optional<Colour> parse_colour(std::string_view text)
{
    if (text.starts_with('#')) text.remove_prefix(1);
    std::uint32_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (text.size() != 6 || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return Colour{static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8 & 0xFF),
                  static_cast<std::uint8_t>(number & 0xFF)};
}

std::string to_text(Colour colour)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "#";
    for (unsigned const part : {colour.red, colour.green, colour.blue}) {
        text += digits[part >> 4];
        text += digits[part & 0xF];
    }
    return text;
}

double contrast(Colour one, Colour other)
{
    auto const [darker, lighter] = std::minmax({luminance(one), luminance(other)});
    return (lighter + 0.05) / (darker + 0.05);
}

double least_contrast(Colour text, std::span<Colour const> backgrounds)
{
    double least = 21;
    for (auto const background : backgrounds) least = std::min(least, contrast(text, background));
    return least;
}

Colour mixed(Colour over, Colour under, double share)
{
    auto const mix = [share](std::uint8_t top, std::uint8_t bottom) {
        return static_cast<std::uint8_t>(std::lround(top * share + bottom * (1 - share)));
    };
    return {mix(over.red, under.red), mix(over.green, under.green), mix(over.blue, under.blue)};
}

Colour lightened(Colour colour, double by)
{
    auto moved = oklab(colour);
    moved.lightness += by;
    if (moved.lightness <= 0) return {0, 0, 0};
    return moved.lightness < 1 ? shown(moved) : Colour{255, 255, 255};
}

Colour readable(Colour colour, std::span<Colour const> backgrounds, double ratio, Towards towards)
{
    constexpr int steps = 1'000;
    for (int step = 0; step <= steps; ++step) {
        double const by = static_cast<double>(step) / steps;
        auto const moved = step == 0 ? colour : lightened(colour, towards == Towards::dark ? -by : by);
        if (least_contrast(moved, backgrounds) >= ratio) return moved;
    }
    return towards == Towards::dark ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

} // namespace pollux
