#include "billing/stripe/price_wish.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

std::int64_t minor(std::string_view amount, std::string_view currency)
{
    auto const wish = read_price_wish(amount, currency, "month");
    return wish ? wish->amount_minor : -1;
}

TEST(PriceWish, counts_in_what_the_currency_counts_in)
{
    EXPECT_EQ(minor("20.00", "usd"), 2'000);
    EXPECT_EQ(minor("19.99", "EUR"), 1'999);
    EXPECT_EQ(minor("20", "usd"), 2'000);
    EXPECT_EQ(minor("20.5", "usd"), 2'050);
    EXPECT_EQ(minor("0.01", "usd"), 1);
    EXPECT_EQ(minor("2000", "jpy"), 2'000);
    EXPECT_EQ(minor("1.5", "kwd"), 1'500);
    EXPECT_EQ(minor("999999.99", "usd"), 99'999'999);
}

TEST(PriceWish, refuses_what_is_no_amount)
{
    for (auto const* amount : {"", ".", "0", "0.00", "-1", "+1", "1.", ".5", "1,50", "20.001", "1e3", " 1", "1 "})
        EXPECT_EQ(minor(amount, "usd"), -1) << amount;
    EXPECT_EQ(minor("20.5", "jpy"), -1);
    EXPECT_EQ(minor("20", "us"), -1);
    EXPECT_EQ(minor("20", "u$d"), -1);
    EXPECT_FALSE(read_price_wish("20", "usd", "fortnight"));
}

// How much Stripe takes differs by currency, and it says so itself: of rupiahs twelve digits.
TEST(PriceWish, leaves_the_bound_of_a_currency_to_stripe)
{
    EXPECT_EQ(minor("1500000", "idr"), 150'000'000);
    EXPECT_EQ(minor("1500000", "huf"), 150'000'000);
    EXPECT_EQ(minor("200000000", "jpy"), 200'000'000);
    EXPECT_EQ(minor("1000000.00", "usd"), 100'000'000);
    EXPECT_EQ(minor("9999999999.99", "idr"), 999'999'999'999);
    EXPECT_EQ(minor("000000000000020.00", "usd"), 2'000);
    for (auto const* amount : {"10000000000.00", "99999999999999999999"}) {
        auto const wish = read_price_wish(amount, "idr", "month");
        ASSERT_FALSE(wish);
        EXPECT_NE(wish.error().message().find("12 digits"), std::string::npos) << wish.error().message();
    }
}

TEST(PriceWish, is_shown_as_people_write_it)
{
    EXPECT_EQ(price_text(2'000, "usd", "month"), "20.00 usd a month");
    EXPECT_EQ(price_text(5, "usd", "year"), "0.05 usd a year");
    EXPECT_EQ(price_text(2'000, "jpy", "week"), "2000 jpy a week");
    EXPECT_EQ(price_text(1'500, "kwd", "day"), "1.500 kwd a day");
}

TEST(PriceWish, has_a_lookup_key_of_its_interval)
{
    EXPECT_EQ(lookup_key_of("month"), "pollux_pro_monthly");
    EXPECT_EQ(lookup_key_of("day"), "pollux_pro_daily");
}

} // namespace
} // namespace pollux::billing::stripe
