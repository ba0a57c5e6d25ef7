#include "base/sms_text.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(GsmSeptets, are_counted_as_phones_do)
{
    EXPECT_EQ(gsm_septets(""), 0u);
    EXPECT_EQ(gsm_septets("@host #123456"), 13u);
    EXPECT_EQ(gsm_septets("Ägypten à la ñ"), 14u);
    EXPECT_EQ(gsm_septets("\n"), 1u);
    EXPECT_EQ(gsm_septets("5 €"), 4u); // Behind an escape.
    EXPECT_EQ(gsm_septets("[a]^{}|~\\"), 17u);
    EXPECT_EQ(gsm_septets("ΔΦΓΛΩΠΨΣΘΞ"), 10u);
}

TEST(GsmSeptets, do_not_hold_what_gsm_has_not)
{
    for (auto const* text : {"ç", "ê", "“code”", "код", "验证码", "😀", "`", "\t", "α", "\xFF"})
        EXPECT_EQ(gsm_septets(text), std::nullopt) << text;
}

TEST(CodeText, says_the_code_and_for_whom_it_is)
{
    EXPECT_EQ(code_text({"{code} is your code. It is valid for {minutes} minutes.", "chat.example.com"}, "123456", 5),
              "123456 is your code. It is valid for 5 minutes.\n\n@chat.example.com #123456");
    EXPECT_EQ(code_text({"Code: {code}", ""}, "000001", 4), "Code: 000001");
    EXPECT_EQ(code_text({"{code}, {code}!", "a.b"}, "123456", 4), "123456, 123456!\n\n@a.b #123456");
}

} // namespace
} // namespace pollux
