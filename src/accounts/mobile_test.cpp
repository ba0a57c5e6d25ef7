#include "accounts/mobile.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

struct Case {
    std::string_view typed;
    std::string_view expected; // E.164, or the code of the field error.
};

TEST(Mobile, is_kept_in_one_form)
{
    NumberPlan const plan{.default_country_code = "1", .allowed_countries = {}};
    Case const cases[] = {
        {"1234567890", "+11234567890"},
        {"+11234567890", "+11234567890"},
        {"(123) 456-78.90", "+11234567890"},
        {"[123] 4567890", "+11234567890"},
        {" +44 20 7946 0000 ", "+442079460000"},
        {"(+44) 2079460000", "+442079460000"},
        {"+1234567", "+1234567"},
        {"+123456789012345", "+123456789012345"},
        {"123456", "+1123456"},
        {"+123456", "too_short"},
        {"12345", "too_short"},
        {"123", "too_short"},
        {"+", "too_short"},
        {"", "too_short"},
        {"()", "too_short"},
        {"+1234567890123456", "too_long"},
        {"1234567890123456", "too_long"},
        {"123456789012345", "too_long"}, // 16 digits with the country code.
        {"12345abcde", "invalid"},
        {"1234567890x", "invalid"},
        {"１２３４５６７８９０", "invalid"}, // Full-width digits.
        {"٠١٢٣٤٥٦٧٨٩", "invalid"},           // Arabic digits.
        {"123\xC2\xA0"
         "4567890",
         "invalid"}, // No-break space.
        {"123\t4567890", "invalid"},
        {"123/4567890", "invalid"},
        {"++11234567890", "invalid"},
        {"1+1234567890", "invalid"},
        {"+01234567890", "invalid"},
        {"-+11234567890", "+11234567890"},
        {std::string_view("123456\0"
                          "7890",
                          11),
         "invalid"},
    };
    for (auto const& one : cases) {
        auto const mobile = normalise_mobile(one.typed, plan);
        if (mobile) {
            EXPECT_EQ(*mobile, one.expected) << one.typed;
            continue;
        }
        EXPECT_EQ(mobile.error().kind(), ErrorKind::invalid);
        ASSERT_EQ(mobile.error().fields().size(), 1u);
        EXPECT_EQ(mobile.error().fields()[0].field, "mobile");
        EXPECT_EQ(mobile.error().fields()[0].code, one.expected) << one.typed;
    }
}

TEST(Mobile, takes_another_country_as_default)
{
    NumberPlan const plan{.default_country_code = "44", .allowed_countries = {}};
    EXPECT_EQ(normalise_mobile("2079460000", plan).value(), "+442079460000");
    EXPECT_EQ(normalise_mobile("+12025550100", plan).value(), "+12025550100");
}

TEST(Mobile, is_taken_from_allowed_countries_only)
{
    NumberPlan const plan{.default_country_code = "1", .allowed_countries = {"44", "49"}};
    EXPECT_TRUE(normalise_mobile("+442079460000", plan));
    EXPECT_TRUE(normalise_mobile("+4930123456", plan));
    for (auto typed : {"+12025550100", "2025550100", "+4512345678"}) {
        auto const mobile = normalise_mobile(typed, plan);
        ASSERT_FALSE(mobile) << typed;
        EXPECT_EQ(mobile.error().fields()[0].code, "country_not_allowed");
    }
}

} // namespace
} // namespace pollux::accounts
