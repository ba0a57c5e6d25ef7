#include "pages/brand.hpp"

#include "base/page_colours.hpp"
#include "base/secrets.hpp"

#include <gtest/gtest.h>

namespace pollux::pages {
namespace {

constexpr std::string_view shell = "<!doctype html><html><head><title>Pollux</title>\n</head><body>Pollux</body></html>";

Brand with_accent(std::string_view light)
{
    return {.accent = parse_colour(light)};
}

TEST(Brand, without_colours_needs_no_stylesheet)
{
    EXPECT_EQ(brand_css({}), "");
    EXPECT_EQ(light_accent_of({}), usual_accent);
    EXPECT_EQ(dark_accent_of({}), usual_dark_accent);
    EXPECT_EQ(logo_path({}), "");
}

TEST(Brand, derives_what_follows_from_an_accent)
{
    for (auto const* accent : {"7a1f5c", "a65600", "0b5d1e", "000000", "2f3fbf", "b3261e"}) {
        auto const brand = with_accent(accent);
        EXPECT_GE(least_contrast(dark_accent_of(brand), dark_backgrounds), 6.5) << accent;
        auto const css = brand_css(brand);
        EXPECT_TRUE(css.starts_with(":root{--accent:#" + std::string(accent) + ";--accent-2:#")) << css;
        auto const soft_at = [&](std::size_t from) {
            auto const at = css.find("--accent-soft:", from) + 14;
            return parse_colour(css.substr(at, 7)).value();
        };
        auto const dark_rule = css.find(":root[data-theme=\"dark\"]{--accent:" + to_text(dark_accent_of(brand)));
        ASSERT_NE(dark_rule, std::string::npos) << css;
        EXPECT_GE(contrast(light_accent_of(brand), soft_at(0)), readable_ratio) << css;
        EXPECT_GE(contrast(dark_accent_of(brand), soft_at(dark_rule)), readable_ratio) << css;
    }
}

TEST(Brand, may_set_the_dark_theme_alone)
{
    auto const css = brand_css({.dark_accent = parse_colour("e9a6d0")});
    EXPECT_TRUE(css.starts_with(":root[data-theme=\"dark\"]{--accent:#e9a6d0;")) << css;
}

TEST(Brand, stands_in_the_shell_as_text_and_as_a_link)
{
    Brand const brand{.name = "<b>Leda & \"Söhne\"</b>"};
    EXPECT_EQ(branded_shell(shell, brand, "/brand/1.css"),
              "<!doctype html><html><head><title>&lt;b&gt;Leda &amp; &quot;Söhne&quot;&lt;/b&gt;</title>\n"
              "<link rel=\"stylesheet\" href=\"/brand/1.css\">\n</head><body>Pollux</body></html>");
    EXPECT_EQ(branded_shell(shell, {}, ""), shell);
    EXPECT_THROW(branded_shell("<html></html>", brand, ""), std::runtime_error);
    EXPECT_THROW(branded_shell("<title></title>", brand, "/brand/1.css"), std::runtime_error);
}

TEST(Brand, stands_in_the_shell_wherever_it_is_named)
{
    std::string const shell_with_words =
        "<title>Pollux</title></head><noscript><p><bdi>Pollux</bdi> needs</p><p>de <bdi>Pollux</bdi></p></noscript>";
    EXPECT_EQ(branded_shell(shell_with_words, {.name = "A&B"}, ""),
              "<title>A&amp;B</title></head><noscript><p><bdi>A&amp;B</bdi> needs</p><p>de <bdi>A&amp;B</bdi></p></noscript>");
}

TEST(Brand, names_the_app_in_its_manifest)
{
    std::string const manifest = R"({"id":"/","name":"Pollux","short_name":"Pollux","shortcuts":[{"name":"New chat"}]})";
    EXPECT_EQ(branded_manifest(manifest, {.name = "Leda \"&\" Söhne"}),
              R"({"id":"/","name":"Leda \"&\" Söhne","short_name":"Leda \"&\" Söhne","shortcuts":[{"name":"New chat"}]})");
    EXPECT_EQ(branded_manifest(manifest, {}), manifest);
    EXPECT_THROW(branded_manifest("{}", {}), std::runtime_error);
}

TEST(Logo, has_its_bytes_in_its_path)
{
    prepare_secrets();
    Brand brand{.logo = Logo{LogoKind::svg, "<svg/>"}};
    auto const before = logo_path(brand);
    EXPECT_TRUE(before.starts_with("/brand/") && before.ends_with(".svg")) << before;
    brand.logo->bytes = "<svg></svg>";
    EXPECT_NE(logo_path(brand), before);
    brand.logo->kind = LogoKind::png;
    EXPECT_TRUE(logo_path(brand).ends_with(".png"));
}

} // namespace
} // namespace pollux::pages
