#include "config/brand.hpp"

#include "base/page_colours.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <cmath>
#include <cstdio>

namespace pollux::config {
namespace {

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
    if (text.find('\0') != std::string::npos) return "has a path that cannot be read";
    config.brand_logo_file = text;
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
