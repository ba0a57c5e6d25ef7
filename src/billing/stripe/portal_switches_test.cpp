#include "billing/stripe/portal_switches.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

Price price(std::string id, std::string product, std::string interval = "month", std::int64_t count = 1)
{
    return {.id = std::move(id),
            .product = std::move(product),
            .is_active = true,
            .amount_minor = 2000,
            .currency = "usd",
            .interval = std::move(interval),
            .interval_count = count};
}

std::string text(PortalSwitches const& switches)
{
    std::string text;
    for (auto const& one : switches.offered) {
        text += one.product + ":";
        for (auto const& id : one.prices) text += " " + id;
        text += ";";
    }
    for (auto const& one : switches.left_out) text += " -" + one.price + "/" + one.instead;
    return text;
}

TEST(PortalSwitches, have_of_a_product_one_price_for_each_interval)
{
    EXPECT_EQ(text(choose_switches({price("a", "p"), price("b", "p", "year"), price("c", "p", "month", 3), price("d", "q")})),
              "p: a b c;q: d;");
    EXPECT_EQ(text(choose_switches({price("a", "p"), price("b", "p"), price("c", "p", "year"), price("d", "p", "year")})),
              "p: a c; -b/a -d/c");
}

TEST(PortalSwitches, take_the_first_of_those_that_exclude_each_other)
{
    EXPECT_EQ(text(choose_switches({price("new", "p"), price("old", "p"), price("other", "q")})), "p: new;q: other; -old/new");
    EXPECT_EQ(text(choose_switches({price("a", "p"), price("a", "p")})), "p: a;") << "the same one named twice";
}

TEST(PortalSwitches, leave_out_what_is_sold_no_more_or_only_once)
{
    auto archived = price("archived", "p");
    archived.is_active = false;
    EXPECT_EQ(text(choose_switches({archived, price("a", "p"), price("once", "p", ""), price("once_more", "p", "")})), "p: a;");
    EXPECT_EQ(text(choose_switches({archived})), "") << "a product without a price is none";
}

TEST(PortalSwitches, are_of_ten_products_at_most)
{
    std::vector<Price> wanted;
    for (int number = 0; number < 12; ++number)
        wanted.push_back(price("price_" + std::to_string(number), "product_" + std::to_string(number)));
    wanted.push_back(price("yearly", "product_9", "year"));
    auto const switches = choose_switches(wanted);
    ASSERT_EQ(switches.offered.size(), portal_products_max);
    EXPECT_EQ(switches.offered.back().prices, (std::vector<std::string>{"price_9", "yearly"}));
    ASSERT_EQ(switches.left_out.size(), 2u);
    EXPECT_EQ(switches.left_out.front().price, "price_10");
    EXPECT_EQ(switches.left_out.front().instead, "");
}

TEST(PortalSwitches, are_the_same_in_whatever_order)
{
    std::vector<ProductPrices> const one{{"p", {"a", "b"}}, {"q", {"c"}}};
    EXPECT_TRUE(are_same_switches(one, {{"q", {"c"}}, {"p", {"b", "a"}}}));
    EXPECT_FALSE(are_same_switches(one, {{"p", {"a", "b"}}}));
    EXPECT_FALSE(are_same_switches(one, {{"p", {"a", "b", "d"}}, {"q", {"c"}}}));
    EXPECT_FALSE(are_same_switches(one, {{"p", {"a", "c"}}, {"q", {"b"}}}));
}

} // namespace
} // namespace pollux::billing::stripe
