#include "config/brand.hpp"

#include "base/literals.hpp"
#include "base/page_colours.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace pollux::config {
namespace {

constexpr std::size_t logo_bytes_max = 64_KiB;

// What it is, by what stands in it: names say little.
std::optional<PictureKind> kind_of(std::string_view bytes)
{
    constexpr std::string_view png_begin("\x89PNG\r\n\x1a\n", 8);
    constexpr std::size_t searched_bytes = 4'096; // Editors write comments before the picture.
    if (bytes.starts_with(png_begin)) return PictureKind::png;
    bool const is_svg = is_utf8(bytes) && bytes.substr(0, searched_bytes).find("<svg") != std::string_view::npos;
    return is_svg ? std::optional(PictureKind::svg) : std::nullopt;
}

// Cut, not rounded: 4.499 is no 4.5.
std::string ratio_text(double ratio)
{
    char text[16];
    std::snprintf(text, sizeof text, "%.2f", std::floor(ratio * 100) / 100);
    return text;
}

struct Theme {
    std::string_view setting;
    std::string_view pages;
    std::span<Colour const> backgrounds;
    Towards towards;
};

void judge(std::optional<Colour> const& accent, Theme const& theme, std::vector<std::string>& problems)
{
    if (!accent || least_contrast(*accent, theme.backgrounds) >= readable_ratio) return;
    auto const nearest = readable(*accent, theme.backgrounds, readable_ratio, theme.towards);
    std::string problem(theme.setting);
    problem.append(": ").append(pollux::to_text(*accent)).append(" has a contrast of ");
    problem.append(ratio_text(least_contrast(*accent, theme.backgrounds))).append(" on the ").append(theme.pages);
    problem.append(" pages, and text that can be read needs ")
        .append(ratio_text(readable_ratio))
        .append("; the nearest colour that has it is ");
    problems.push_back(problem + pollux::to_text(nearest));
}

} // namespace

Complaint read_brand_name(std::string const& text, Config& config)
{
    constexpr std::size_t characters_max = 40;
    auto const name = trim(text);
    bool const is_line = is_utf8(name) && !has_control_or_bidi(name) && !name.empty() && code_points(name) <= characters_max;
    if (!is_line) return "must be a name of 1 to 40 characters on one line";
    config.brand_name = name;
    return {};
}

Complaint read_logo_file(std::string const& text, Config& config)
{
    if (has_control_or_bidi(text)) return "has a path that cannot be read";
    config.brand_logo_file = text;
    return {};
}

std::optional<std::string> load_logo(Config& config, FileReader const& read_file)
{
    if (!config.brand_logo_file) return {};
    auto const named = "BRAND_LOGO_FILE: " + config.brand_logo_file->string();
    auto bytes = read_file ? read_file(config.brand_logo_file->string()) : std::nullopt;
    if (!bytes) return named + " is no file that can be read";
    if (bytes->size() > logo_bytes_max) return named + " is over 64 KiB";
    auto const kind = kind_of(*bytes);
    if (!kind) return named + " is neither an SVG nor a PNG";
    config.brand_logo = Picture{*kind, std::move(*bytes)};
    return {};
}

bool is_link(std::string_view text)
{
    auto const url = parse_uri(text);
    return url && is_web(*url) && !url->encoded_host().empty() && !url->has_userinfo();
}

std::vector<std::string> unreadable_accents(Config const& config)
{
    std::vector<std::string> problems;
    judge(config.brand_accent, {"BRAND_ACCENT", "light", light_backgrounds, Towards::dark}, problems);
    judge(config.brand_accent_dark, {"BRAND_ACCENT_DARK", "dark", dark_backgrounds, Towards::light}, problems);
    return problems;
}

} // namespace pollux::config
