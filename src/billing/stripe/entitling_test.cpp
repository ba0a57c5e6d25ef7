#include "billing/stripe/entitling.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Time start = time_of(1'790'000'000'000'000);
constexpr Time end = start + days(30);
constexpr days grace{7};

Subscription with(std::string status, std::optional<Invoice> invoice = {})
{
    Subscription subscription;
    subscription.status = std::move(status);
    subscription.items = {{"si_1", "price_1", start, end}};
    subscription.latest_invoice = std::move(invoice);
    return subscription;
}

Invoice invoice(std::string status, Time opened = start, std::string reason = "subscription_cycle")
{
    return {"in_1", std::move(status), opened, std::move(reason)};
}

std::optional<Time> until(Subscription const& subscription)
{
    return entitling(subscription, grace).until;
}

TEST(Entitling, active_and_trialing_last_three_days_beyond_their_period)
{
    EXPECT_EQ(until(with("active")), end + days(3));
    EXPECT_EQ(until(with("trialing")), end + days(3));
    EXPECT_EQ(until(with("active", invoice("paid"))), end + days(3));
    EXPECT_EQ(until(with("active", invoice("draft"))), end + days(3));
}

TEST(Entitling, an_invoice_that_was_given_up_ends_an_active_one)
{
    EXPECT_EQ(until(with("active", invoice("void"))), std::nullopt);
    EXPECT_EQ(until(with("active", invoice("uncollectible"))), std::nullopt);
    EXPECT_EQ(until(with("trialing", invoice("void"))), std::nullopt);
}

TEST(Entitling, what_a_switch_was_paid_with_stands_in_the_invoices_before_it)
{
    auto switched = with("active", invoice("paid", start + days(9), "subscription_update"));
    switched.latest_invoice->took_money = false;
    EXPECT_FALSE(tells_of_period(*switched.latest_invoice));
    EXPECT_EQ(until(switched), end + days(3));

    auto const behind = [&](std::string status, Time opened = start) {
        auto one = switched;
        one.earlier_invoices = {invoice("paid", start + days(5), "subscription_update"), invoice(std::move(status), opened)};
        one.earlier_invoices[1].id = "in_0";
        return one;
    };
    EXPECT_EQ(until(behind("paid")), end + days(3));
    EXPECT_EQ(until(behind("void")), std::nullopt) << "the debit failed that all of its credit came from";
    EXPECT_TRUE(is_lost(behind("uncollectible")));
    EXPECT_EQ(until(behind("open", start + days(1))), start + days(1) + grace) << "a renewal that is not paid goes on to be missing";
    EXPECT_TRUE(is_paid_by(behind("paid"), "in_0"));
    EXPECT_TRUE(is_paid_by(behind("paid"), "in_1"));
    EXPECT_FALSE(is_paid_by(behind("paid"), "in_2"));
}

TEST(Entitling, an_invoice_tells_of_its_period_unless_something_else_paid_for_it)
{
    auto const tells = [](std::string status, std::string reason, bool took_money) {
        auto one = invoice(std::move(status), start, std::move(reason));
        one.took_money = took_money;
        return tells_of_period(one);
    };
    EXPECT_TRUE(tells("paid", "subscription_cycle", true));
    EXPECT_FALSE(tells("paid", "subscription_cycle", false)) << "by credit, or for nothing";
    EXPECT_TRUE(tells("open", "subscription_cycle", false));
    EXPECT_TRUE(tells("void", "subscription_cycle", false));
    EXPECT_FALSE(tells("paid", "subscription_update", true));
    EXPECT_TRUE(tells("paid", "subscription_create", false)) << "a trial: there is nothing before it";
}

TEST(Entitling, what_was_charged_to_nobody_is_given_for_nothing)
{
    for (auto const* status : {"void", "uncollectible"}) {
        auto given = with("active", invoice(status));
        given.latest_invoice->was_tried = false;
        EXPECT_EQ(until(given), end + days(3)) << status;
        EXPECT_FALSE(is_lost(given)) << status;
        given.is_charged = false;
        EXPECT_TRUE(is_lost(given)) << status << ": it was sent, and never paid";
    }
}

TEST(Entitling, a_change_in_mid_period_that_was_forgiven_leaves_what_is_paid)
{
    EXPECT_EQ(until(with("active", invoice("void", start + days(9), "subscription_update"))), end + days(3));
    EXPECT_FALSE(is_lost(with("active", invoice("void", start + days(9), "subscription_update"))));
    EXPECT_EQ(until(with("active", invoice("uncollectible", start + days(9), "subscription_update"))), std::nullopt);
    EXPECT_TRUE(is_lost(with("active", invoice("void"))));
    EXPECT_FALSE(is_lost(with("past_due", invoice("void")))) << "its status tells already";
}

TEST(Entitling, an_open_invoice_has_grace_from_its_opening)
{
    auto const found = entitling(with("active", invoice("open", start + 1h)), grace);
    EXPECT_EQ(found.until, start + 1h + grace);
    EXPECT_EQ(found.grace_end, start + 1h + grace);
}

TEST(Entitling, past_due_has_grace_from_the_start_of_the_unpaid_period)
{
    auto const found = entitling(with("past_due", invoice("open", start + 1h)), grace);
    EXPECT_EQ(found.until, start + grace);
    EXPECT_EQ(found.grace_end, start + grace);
    EXPECT_EQ(until(with("past_due")), start + grace);
}

TEST(Entitling, past_due_by_a_change_in_mid_period_has_grace_from_its_invoice)
{
    auto const changed = start + days(20);
    EXPECT_EQ(until(with("past_due", invoice("open", changed, "subscription_update"))), changed + grace);
    EXPECT_EQ(until(with("past_due", invoice("paid", changed, "subscription_update"))), start + grace);
    EXPECT_EQ(until(with("past_due", invoice("open", changed))), start + grace);
    EXPECT_EQ(until(with("past_due", invoice("open", start - days(9), "subscription_update"))), start + grace);
    EXPECT_EQ(until(with("past_due", invoice("open", end - 1h, "subscription_update"))), end + days(3))
        << "never beyond the period's slack";
}

TEST(Entitling, a_second_period_that_begins_unpaid_has_no_grace_of_its_own)
{
    auto daily = with("past_due", invoice("open"));
    daily.items[0].period_end = start + days(1);
    std::optional<Time> since;
    for (int day = 0; day < 30; ++day) {
        daily.items[0].period_start = start + days(day);
        daily.items[0].period_end = start + days(day + 1);
        auto const found = entitling(daily, grace, since);
        EXPECT_EQ(found.unpaid_since, start) << day;
        EXPECT_EQ(found.grace_end, start + grace) << day;
        since = found.unpaid_since;
    }
    EXPECT_EQ(entitling(with("active"), grace, start).unpaid_since, std::nullopt) << "paid, it begins anew";
    EXPECT_EQ(until(with("past_due")), start + grace);
}

TEST(Entitling, no_grace_reaches_beyond_the_period_and_its_slack)
{
    auto daily = with("past_due");
    daily.items[0].period_end = start + days(1);
    EXPECT_EQ(until(daily), start + days(4));
    EXPECT_EQ(entitling(with("past_due"), days(0)).until, start);
}

TEST(Entitling, other_states_entitle_to_nothing)
{
    for (auto const* status : {"incomplete", "incomplete_expired", "unpaid", "paused", "canceled"}) {
        auto const found = entitling(with(status, invoice("paid")), grace);
        EXPECT_EQ(found.until, std::nullopt) << status;
        EXPECT_EQ(found.doubt, Doubt::none) << status;
    }
}

TEST(Entitling, a_word_of_the_future_entitles_to_nothing_and_is_told)
{
    auto const found = entitling(with("half_active"), grace);
    EXPECT_EQ(found.until, std::nullopt);
    EXPECT_EQ(found.doubt, Doubt::word_unknown);
}

TEST(Entitling, without_a_period_it_is_doubted)
{
    for (auto const* status : {"active", "past_due"}) {
        auto subscription = with(status);
        subscription.items.clear();
        EXPECT_EQ(entitling(subscription, grace).until, std::nullopt) << status;
        EXPECT_EQ(entitling(subscription, grace).doubt, Doubt::no_end) << status;
    }
}

TEST(Entitling, of_several_items_the_first_to_end_counts)
{
    auto subscription = with("active");
    subscription.items.push_back({"si_2", "price_2", start, end - days(10)});
    subscription.items.push_back({"si_3", "price_3", start, std::nullopt});
    EXPECT_EQ(until(subscription), end - days(10) + days(3));
}

TEST(Entitling, cancels_in_either_way)
{
    auto subscription = with("active");
    EXPECT_EQ(cancels_at(subscription), std::nullopt);
    subscription.cancels_at_period_end = true;
    EXPECT_EQ(cancels_at(subscription), end);
    subscription.cancel_at = end - days(1);
    EXPECT_EQ(cancels_at(subscription), end - days(1));
    subscription.cancels_at_period_end = false;
    EXPECT_EQ(cancels_at(subscription), end - days(1));
}

} // namespace
} // namespace pollux::billing::stripe
