#include "pages/brand.hpp"

#include "base/json.hpp"
#include "base/page_colours.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "http/html.hpp"

#include <stdexcept>

namespace pollux::pages {
namespace {

constexpr double dark_ratio = 6.5;  // As the pages' own has it, about, on the background where it is worst.
constexpr double hover_step = 0.06; // Of lightness.
constexpr double soft_share_max = 0.12;
constexpr double soft_step = 0.01;

struct Shades {
    Colour accent;
    Colour hover;
    Colour soft; // A background on which the accent can be read.
};

Shades shades_of(Colour accent, Colour background, double hover)
{
    double share = soft_share_max;
    while (share > 0 && contrast(accent, mixed(accent, background, share)) < readable_ratio) share -= soft_step;
    return {accent, lightened(accent, hover), mixed(accent, background, std::max(share, 0.0))};
}

void append_rule(std::string& css, std::string_view selector, Shades const& shades)
{
    css.append(selector).append("{--accent:").append(to_text(shades.accent));
    css.append(";--accent-2:").append(to_text(shades.hover));
    css.append(";--accent-soft:").append(to_text(shades.soft)).append("}\n");
}

// Puts `text` in the place of what stands between `begin` and `end`, at `from` or later. Returns where it ends; npos: there is no such
// place.
std::size_t replace_next(std::string& file, std::size_t from, std::string_view begin, std::string_view end, std::string_view text)
{
    auto const at = file.find(begin, from);
    if (at == std::string::npos) return at;
    auto const first = at + begin.size();
    auto const until = file.find(end, first);
    if (until == std::string::npos) return until;
    file.replace(first, until - first, text);
    return first + text.size();
}

void replace_between(std::string& file, std::string_view begin, std::string_view end, std::string_view text)
{
    if (replace_next(file, 0, begin, end, text) == std::string::npos)
        throw std::runtime_error("a file of the pages has no " + std::string(begin));
}

} // namespace

Colour light_accent_of(Brand const& brand)
{
    return brand.accent.value_or(usual_accent);
}

Colour dark_accent_of(Brand const& brand)
{
    if (brand.dark_accent) return *brand.dark_accent;
    return brand.accent ? readable(*brand.accent, dark_backgrounds, dark_ratio, Towards::light) : usual_dark_accent;
}

std::string brand_css(Brand const& brand)
{
    std::string css;
    if (brand.accent) append_rule(css, ":root", shades_of(*brand.accent, light_backgrounds.front(), -hover_step));
    if (brand.accent || brand.dark_accent)
        append_rule(css, ":root[data-theme=\"dark\"]", shades_of(dark_accent_of(brand), dark_backgrounds.front(), hover_step));
    return css;
}

std::string logo_path(Brand const& brand)
{
    if (!brand.logo) return {};
    constexpr std::size_t name_bytes = 8;
    return "/brand/" + to_hex(sha256(brand.logo->bytes).substr(0, name_bytes)) + (brand.logo->kind == LogoKind::svg ? ".svg" : ".png");
}

std::string branded_shell(std::string_view shell, Brand const& brand, std::string_view css_path)
{
    std::string branded(shell);
    auto const name = http::html_text(brand.name);
    replace_between(branded, "<title>", "</title>", name);
    for (std::size_t at = 0; at != std::string::npos;) at = replace_next(branded, at, "<bdi>", "</bdi>", name);
    if (css_path.empty()) return branded;
    auto const end = branded.find("</head>");
    if (end == std::string::npos) throw std::runtime_error("the pages' shell has no </head>");
    return branded.insert(end, "<link rel=\"stylesheet\" href=\"" + std::string(css_path) + "\">\n");
}

std::string branded_manifest(std::string_view manifest, Brand const& brand)
{
    std::string branded(manifest);
    std::string name;
    append_json_text(name, brand.name);
    // What a manifest calls the app is text between quotes without any inside (ui/vite.config.ts); the quotes come with the name.
    for (auto const* member : {"\"name\":", "\"short_name\":"}) replace_between(branded, member, ",", name);
    return branded;
}

} // namespace pollux::pages
