#include "base/typed_text.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(TypedText, reads_code_points)
{
    EXPECT_EQ(to_code_points("aß€𝟘"), U"aß€𝟘");
    EXPECT_EQ(to_code_points(""), U"");
    EXPECT_EQ(to_code_points("ab\xC3"), U"ab"); // Cut short.
    EXPECT_EQ(to_code_points("a\xFF"), U"a");
}

TEST(TypedText, knows_what_nobody_sees)
{
    for (auto character : U"\t\n \u00A0\u00AD\u061C\u115F\u2009\u200B\u200E\u202C\u202F\u2060\u2069\u2800\u3000\u3164\uFE0F\uFEFF")
        EXPECT_TRUE(is_blank(character)) << static_cast<unsigned>(character); // The literal's end is a control, too.
    for (auto character : std::u32string(U"a0-_.\u00E9\u3042")) EXPECT_FALSE(is_blank(character)) << static_cast<unsigned>(character);
}

TEST(TypedText, knows_dashes)
{
    for (auto character : std::u32string(U"-\u2010\u2011\u2013\u2014\u2212\uFF0D")) EXPECT_TRUE(is_dash(character));
    for (auto character : std::u32string(U"_+a1 ")) EXPECT_FALSE(is_dash(character));
}

TEST(TypedText, reads_the_digits_of_every_script)
{
    EXPECT_EQ(typed_digits("0123456789"), "0123456789");
    EXPECT_EQ(typed_digits("０１２３４５６７８９"), "0123456789");
    EXPECT_EQ(typed_digits("٠١٢٣٤٥٦٧٨٩"), "0123456789");
    EXPECT_EQ(typed_digits("۰۱۲۳۴۵۶۷۸۹"), "0123456789");
    EXPECT_EQ(typed_digits("०१२३४५६७८९"), "0123456789");
    EXPECT_EQ(typed_digits("𝟘𝟙𝟚𝟿"), "0129");
    for (auto character : std::u32string(U"/:a\u00B2\u2460\u4E00"))
        EXPECT_FALSE(digit_value(character)) << static_cast<unsigned>(character);
}

TEST(TypedText, leaves_out_what_stands_between_digits)
{
    for (auto text : {"123456", " 123 456\n", "123-456", "123\u2013456", "123\u00A0456", "\u202A123456\u202C", "1 2 3 4 5 6",
                      "123\u200B456", "１２３\u3000４５６", "\uFEFF123456", "123.456", "(123) [456]"}) {
        EXPECT_EQ(typed_digits(text), "123456") << text;
    }
    for (auto text : {"12345a", "123,456", "+123456", "123456!", "O12345"}) EXPECT_FALSE(typed_digits(text)) << text;
    EXPECT_EQ(typed_digits(""), "");
}

} // namespace
} // namespace pollux
