#include "billing/stripe/form.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

TEST(StripeForm, writes_names_as_stripe_nests_them)
{
    Form form;
    form.add("mode", "subscription").add("line_items[0][price]", "price_1").add("line_items[0][quantity]", std::int64_t{1});
    form.add("allow_promotion_codes", true).add("automatic_tax[enabled]", false);
    EXPECT_EQ(form.text(), "mode=subscription&line_items[0][price]=price_1&line_items[0][quantity]=1&allow_promotion_codes=true&"
                           "automatic_tax[enabled]=false");
}

TEST(StripeForm, escapes_every_byte_that_could_mean_something_else)
{
    EXPECT_EQ(Form().add("a&b", "x=y&z").text(), "a%26b=x%3Dy%26z");
    EXPECT_EQ(Form().add("n", "a b+c%d").text(), "n=a%20b%2Bc%25d");
    EXPECT_EQ(Form().add("url", "https://a.example/?id={CHECKOUT_SESSION_ID}").text(),
              "url=https%3A%2F%2Fa.example%2F%3Fid%3D%7BCHECKOUT_SESSION_ID%7D");
    EXPECT_EQ(Form().add("name", "J\u00fcrg").text(), "name=J%C3%BCrg");
    EXPECT_EQ(Form().add("value", "[0]").text(), "value=%5B0%5D");
}

TEST(StripeForm, an_empty_value_unsets)
{
    EXPECT_EQ(Form().add("cancel_at", "").text(), "cancel_at=");
}

TEST(StripeForm, text_gives_the_same_form_again)
{
    auto const text = Form().add("a", "1 2").text();
    EXPECT_EQ(Form::of_text(text).add("b", "3").text(), "a=1%202&b=3");
}

TEST(StripeForm, tells_what_it_says)
{
    auto const form = Form().add("metadata[user]", "7 &=%+J\u00fcrg").add("metadata[user2]", "8").add("empty", "");
    EXPECT_EQ(form.value("metadata[user]"), "7 &=%+J\u00fcrg");
    EXPECT_EQ(form.value("metadata[user2]"), "8");
    EXPECT_EQ(form.value("metadata"), "");
    EXPECT_EQ(form.value("empty"), "");
    EXPECT_EQ(Form::of_text("a&b=%2&c=%zz").value("b"), "%2") << "what is no escape stands for itself";
}

} // namespace
} // namespace pollux::billing::stripe
