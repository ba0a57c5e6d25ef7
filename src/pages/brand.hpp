// Whose pages they are: a name, an accent in each theme, a logo (BRAND_... in the settings). The accents were judged where the settings are
// read (config/brand).
#pragma once

#include "base/colour.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pollux::pages {

enum class LogoKind { svg, png };
struct Logo {
    LogoKind kind = LogoKind::svg;
    std::string bytes;
};

inline constexpr std::string_view usual_name = "Pollux";

struct Brand {
    std::string name{usual_name};
    std::optional<Colour> accent;      // In the light theme; empty: the pages' own.
    std::optional<Colour> dark_accent; // Empty: derived from `accent`, or the pages' own.
    std::optional<Logo> logo;
};

// What is shown: the given ones, and what follows from them.
Colour light_accent_of(Brand const& brand);
Colour dark_accent_of(Brand const& brand);

// A stylesheet that follows the pages' own: the accents and the shades that go with them. Empty where there are none.
std::string brand_css(Brand const& brand);

// "/brand/3f0c9a1b2c4d5e6f.svg", by its bytes; empty without a logo.
std::string logo_path(Brand const& brand);

// The shell with the brand's name as its title, wherever it is told apart by <bdi> and, where there is one, with a link to the stylesheet
// at `css_path`: no style may stand in the page itself. Throws std::runtime_error for a shell without a title or a head.
std::string branded_shell(std::string_view shell, Brand const& brand, std::string_view css_path);

// A web app manifest in which `name` and `short_name` are the brand's. Throws std::runtime_error for one without them.
std::string branded_manifest(std::string_view manifest, Brand const& brand);

} // namespace pollux::pages
