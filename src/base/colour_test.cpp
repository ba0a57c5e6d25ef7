#include "base/colour.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

constexpr Colour white{255, 255, 255};
constexpr Colour black{0, 0, 0};

Colour colour(std::string_view text)
{
    return parse_colour(text).value();
}

TEST(Colour, is_read_and_written)
{
    EXPECT_EQ(colour("#0c6078"), (Colour{0x0c, 0x60, 0x78}));
    EXPECT_EQ(to_text(colour("0C6078")), "#0c6078");
    for (auto const* wrong : {"", "#", "#fff", "#0c607", "#0c60789", "#0c607g", "rgb(1,2,3)", "-c6078", "+c6078", " c6078", "##c6078"})
        EXPECT_FALSE(parse_colour(wrong)) << wrong;
}

// The ratios of the design, measured by others' tools.
TEST(Contrast, is_that_of_wcag)
{
    EXPECT_NEAR(contrast(black, white), 21, 0.001);
    EXPECT_NEAR(contrast(white, white), 1, 0.001);
    EXPECT_NEAR(contrast(colour("#0c6078"), white), 7.1, 0.05);
    EXPECT_NEAR(contrast(colour("#67c5dd"), colour("#0f1317")), 9.4, 0.05);
    EXPECT_NEAR(contrast(colour("#777777"), white), 4.48, 0.005);
    EXPECT_EQ(contrast(white, colour("#123456")), contrast(colour("#123456"), white));
    Colour const backgrounds[] = {white, colour("#f1f3f5")};
    EXPECT_NEAR(least_contrast(colour("#0c6078"), backgrounds), contrast(colour("#0c6078"), backgrounds[1]), 0.001);
}

TEST(Colour, mixes_and_moves)
{
    EXPECT_EQ(mixed(black, white, 1), black);
    EXPECT_EQ(mixed(black, white, 0), white);
    EXPECT_EQ(mixed(black, white, 0.5), (Colour{128, 128, 128}));
    EXPECT_EQ(lightened(colour("#0c6078"), 0), colour("#0c6078"));
    EXPECT_EQ(lightened(colour("#0c6078"), 1), white);
    EXPECT_EQ(lightened(colour("#0c6078"), -1), black);
    auto const pure = lightened(colour("#ff0000"), 0.2); // More of this red than screens can show.
    EXPECT_GT(pure.red, pure.green);
    EXPECT_GT(pure.green, 0);
}

TEST(Colour, is_made_readable_by_as_little_as_it_takes)
{
    Colour const light[] = {white, colour("#f1f3f5")};
    Colour const dark[] = {colour("#0f1317"), colour("#1f262d")};
    for (auto const* text : {"#ff8800", "#00ff00", "#ffff00", "#777777", "#ffffff", "#1e90ff", "#e91e63"}) {
        auto const found = readable(colour(text), light, 4.5, Towards::dark);
        EXPECT_GE(least_contrast(found, light), 4.5) << text;
        EXPECT_LT(least_contrast(found, light), 4.6) << text << " " << to_text(found);
    }
    for (auto const* text : {"#0c6078", "#000000", "#0000ff", "#8b0000"}) {
        auto const found = readable(colour(text), dark, 4.5, Towards::light);
        EXPECT_GE(least_contrast(found, dark), 4.5) << text;
        EXPECT_LT(least_contrast(found, dark), 4.65) << text << " " << to_text(found);
    }
    EXPECT_EQ(readable(colour("#0c6078"), light, 4.5, Towards::dark), colour("#0c6078"));
    auto const blue = readable(colour("#1e90ff"), light, 4.5, Towards::dark); // Still a blue.
    EXPECT_GT(blue.blue, blue.green);
    EXPECT_GT(blue.green, blue.red);
    Colour const both[] = {white, black};
    EXPECT_EQ(readable(white, both, 4.7, Towards::dark), black); // There is none.
}

} // namespace
} // namespace pollux
