#include "base/page_colours.hpp"
#include "config/load.hpp"
#include "config/test_sources.hpp"

#include <gtest/gtest.h>

namespace pollux::config {
namespace {

using namespace test;

Loaded loaded_with(std::string const& dotenv)
{
    return load_config(sources_of("DEBUG=1\n" + dotenv));
}

TEST(Brand, is_read)
{
    auto const loaded = loaded_with("PAGES=False\nBRAND_NAME=' Leda & Söhne '\nBRAND_ACCENT='#7A1F5C'\nBRAND_ACCENT_DARK=e9a6d0\n"
                                    "BRAND_LOGO_FILE=brand/logo.svg\nTERMS_URL=https://example.com/terms?v=2#top\n"
                                    "PRIVACY_URL=http://localhost:5173/privacy/\n");
    EXPECT_EQ(joined(loaded.problems), "");
    auto const& config = loaded.config;
    EXPECT_FALSE(config.pages);
    EXPECT_EQ(config.brand_name, "Leda & Söhne");
    EXPECT_EQ(config.brand_accent, (Colour{0x7a, 0x1f, 0x5c}));
    EXPECT_EQ(config.brand_accent_dark, (Colour{0xe9, 0xa6, 0xd0}));
    ASSERT_TRUE(config.brand_logo.has_value());
    EXPECT_EQ(config.brand_logo->kind, PictureKind::svg);
    EXPECT_EQ(config.brand_logo->bytes, "<svg/>");
    EXPECT_EQ(config.terms_url, "https://example.com/terms?v=2#top");
    EXPECT_EQ(config.privacy_url, "http://localhost:5173/privacy/");
    EXPECT_TRUE(loaded_with("").config.pages);
}

TEST(Brand, that_is_none_is_refused)
{
    for (auto const* line :
         {"BRAND_NAME='   '", "BRAND_NAME=\"two\\nlines\"", "BRAND_NAME=01234567890123456789012345678901234567890", "BRAND_ACCENT=teal",
          "BRAND_ACCENT=fff", "BRAND_ACCENT_DARK='rgb(1,2,3)'", "TERMS_URL=/terms", "TERMS_URL=javascript:alert(1)",
          "TERMS_URL=ftp://example.com/terms", "PRIVACY_URL=https://me@example.com/", "PRIVACY_URL=https:///x", "PAGES=perhaps"}) {
        EXPECT_EQ(loaded_with(line).problems.size(), 1u) << line << "\n" << joined(loaded_with(line).problems);
    }
}

TEST(Brand, is_not_looked_for_where_no_page_is_shown)
{
    auto sources = sources_of(production("BRAND_LOGO_FILE=none.svg\nLISTEN=127.0.0.1:9464\n"));
    EXPECT_EQ(load_config(sources).problems.size(), 2u);
    sources.flags.serves = false;
    EXPECT_EQ(joined(load_config(sources).problems), "") << "nor does a worker listen at LISTEN";
}

TEST(Brand, with_an_accent_that_cannot_be_read_is_refused_with_one_that_can)
{
    EXPECT_EQ(joined(loaded_with("BRAND_ACCENT=ff8800\nBRAND_ACCENT_DARK=0c6078").problems),
              "BRAND_ACCENT: #ff8800 has a contrast of 2.15 on the light pages, and text that can be read needs 4.50; the nearest colour "
              "that has it is #ab5a02\n"
              "BRAND_ACCENT_DARK: #0c6078 has a contrast of 2.15 on the dark pages, and text that can be read needs 4.50; the nearest "
              "colour that has it is #4d95ae\n");
    EXPECT_EQ(joined(loaded_with("BRAND_ACCENT=ab5a02\nBRAND_ACCENT_DARK=4d95ae").problems), "");
    EXPECT_EQ(joined(loaded_with("BRAND_ACCENT=0c6078\nBRAND_ACCENT_DARK=67c5dd").problems), "");
}

TEST(PageColours, of_the_pages_can_be_read)
{
    EXPECT_GE(least_contrast(usual_accent, light_backgrounds), readable_ratio);
    EXPECT_GE(least_contrast(usual_dark_accent, dark_backgrounds), readable_ratio);
}

} // namespace
} // namespace pollux::config
