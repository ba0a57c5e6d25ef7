#include "billing/demo/demo_subscription.hpp"

#include "billing/demo/demo_prices.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::demo {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr Time at(std::chrono::year_month_day day, std::chrono::seconds time = 12h)
{
    return sys_days(day) + time;
}

constexpr auto start = at(2026y / 1 / 31);

DemoSubscription bought(std::string price = "demo_pro_monthly")
{
    return {.id = "sub_demo_1",
            .customer = "cus_demo_1",
            .session = "cs_demo_1",
            .price = std::move(price),
            .owner = {"i", "7"},
            .created = start,
            .paid_at = start,
            .trial_end = {},
            .anchor = start,
            .cancel_at = {},
            .ended_at = {}};
}

std::string status(DemoSubscription const& subscription, Time now)
{
    return std::string(state_at(subscription, now).status);
}

TEST(DemoPrices, are_found_and_written_as_people_read_them)
{
    ASSERT_TRUE(find_price("demo_pro_yearly"));
    EXPECT_EQ(amount_text(*find_price("demo_pro_yearly")), "$120.00");
    EXPECT_EQ(amount_text({"a", "b", "c", "d", 5, 1}), "$0.05");
    EXPECT_EQ(interval_of(*find_price("demo_pro_monthly")), "month");
    EXPECT_EQ(interval_of(*find_price("demo_pro_yearly")), "year");
    EXPECT_FALSE(find_price("demo_pro"));
}

TEST(DemoPeriods, end_on_the_last_day_of_shorter_months_and_do_not_drift)
{
    EXPECT_EQ(months_after(start, 1), at(2026y / 2 / 28));
    EXPECT_EQ(months_after(start, 2), at(2026y / 3 / 31));
    EXPECT_EQ(months_after(at(2024y / 2 / 29), 12), at(2025y / 2 / 28));
    EXPECT_EQ(months_after(at(2026y / 12 / 15), 1), at(2027y / 1 / 15));
}

TEST(DemoPeriods, follow_each_other_without_a_gap)
{
    auto const monthly = bought();
    EXPECT_EQ(state_at(monthly, start).period_start, start);
    EXPECT_EQ(state_at(monthly, start).period_end, at(2026y / 2 / 28));
    EXPECT_EQ(state_at(monthly, at(2026y / 2 / 28) - 1us).period_start, start);
    auto const second = state_at(monthly, at(2026y / 2 / 28));
    EXPECT_EQ(second.status, "active");
    EXPECT_EQ(second.period_start, at(2026y / 2 / 28));
    EXPECT_EQ(second.period_end, at(2026y / 3 / 31));
    auto const later = state_at(monthly, at(2031y / 5 / 1));
    EXPECT_EQ(later.period_start, at(2031y / 4 / 30));
    EXPECT_EQ(later.period_end, at(2031y / 5 / 31));

    auto const yearly = bought("demo_pro_yearly");
    EXPECT_EQ(state_at(yearly, at(2026y / 12 / 31)).period_end, at(2027y / 1 / 31));
    EXPECT_EQ(state_at(yearly, at(2027y / 1 / 31)).period_start, at(2027y / 1 / 31));
}

TEST(DemoSubscription, is_incomplete_until_its_money_comes)
{
    auto late = bought();
    late.paid_at = start + 10s;
    EXPECT_EQ(status(late, start), "incomplete");
    EXPECT_EQ(next_change(late, start), start + 10s);
    EXPECT_EQ(status(late, start + 10s), "active");
    EXPECT_EQ(next_change(late, start + 10s), at(2026y / 2 / 28));
}

TEST(DemoSubscription, is_paid_for_when_its_trial_ends)
{
    auto trial = bought();
    trial.trial_end = trial.anchor = start + std::chrono::days(14);
    EXPECT_EQ(status(trial, start), "trialing");
    EXPECT_EQ(state_at(trial, start).period_end, start + std::chrono::days(14));
    EXPECT_EQ(next_change(trial, start), start + std::chrono::days(14));
    auto const paid = state_at(trial, start + std::chrono::days(14));
    EXPECT_EQ(paid.status, "active");
    EXPECT_EQ(paid.period_end, at(2026y / 3 / 14));
}

TEST(DemoSubscription, ends_with_its_period_when_it_was_cancelled)
{
    auto cancelled = bought();
    cancelled.cancel_at = at(2026y / 2 / 28);
    EXPECT_EQ(status(cancelled, at(2026y / 2 / 28) - 1us), "active");
    EXPECT_EQ(next_change(cancelled, start), at(2026y / 2 / 28));
    auto const over = state_at(cancelled, at(2026y / 5 / 1));
    EXPECT_TRUE(over.is_over());
    EXPECT_EQ(over.ended_at, at(2026y / 2 / 28));
    EXPECT_EQ(over.period_start, start);
    EXPECT_EQ(over.period_end, at(2026y / 2 / 28));
    EXPECT_EQ(next_change(cancelled, at(2026y / 5 / 1)), std::nullopt);
}

TEST(DemoSubscription, ends_at_once_when_it_is_ended)
{
    auto ended = bought();
    ended.cancel_at = at(2026y / 2 / 28);
    ended.ended_at = start;
    EXPECT_EQ(status(ended, start), "canceled");
    EXPECT_EQ(state_at(ended, at(2026y / 5 / 1)).ended_at, start);
    EXPECT_EQ(state_at(ended, start).period_end, at(2026y / 2 / 28));
}

TEST(DemoSubscription, is_cancelled_in_either_way_and_kept_again)
{
    for (auto const by : {CancelBy::flag, CancelBy::time}) {
        auto subscription = bought();
        cancel_with_period(subscription, by, start + 1h);
        EXPECT_EQ(subscription.cancel_at, at(2026y / 2 / 28));
        EXPECT_EQ(subscription.cancels_at_period_end, by == CancelBy::flag);
        EXPECT_EQ(status(subscription, start + 1h), "active");
        keep(subscription);
        EXPECT_EQ(subscription.cancel_at, std::nullopt);
        EXPECT_FALSE(subscription.cancels_at_period_end);
        EXPECT_EQ(status(subscription, at(2026y / 5 / 1)), "active");
    }
}

TEST(DemoSubscription, begins_a_new_period_with_another_price)
{
    auto subscription = bought();
    EXPECT_TRUE(change_price(subscription, "demo_pro_monthly", start + 1h));
    EXPECT_EQ(subscription.anchor, start) << "the same price: a second click";
    EXPECT_TRUE(change_price(subscription, "demo_pro_yearly", start + 1h));
    auto const state = state_at(subscription, start + 1h);
    EXPECT_EQ(state.status, "active");
    EXPECT_EQ(state.period_start, start + 1h);
    EXPECT_EQ(state.period_end, at(2027y / 1 / 31) + 1h);
}

TEST(DemoSubscription, keeps_its_trial_with_another_price)
{
    auto trial = bought();
    trial.trial_end = trial.anchor = start + std::chrono::days(14);
    EXPECT_TRUE(change_price(trial, "demo_pro_yearly", start + 1h));
    EXPECT_EQ(state_at(trial, start + 1h).period_end, start + std::chrono::days(14));
    EXPECT_EQ(state_at(trial, start + std::chrono::days(14)).period_end, at(2027y / 2 / 14));
}

TEST(DemoSubscription, takes_no_other_price_when_it_is_over_cancelled_or_not_paid)
{
    auto unpaid = bought();
    unpaid.paid_at = start + 10s;
    EXPECT_FALSE(change_price(unpaid, "demo_pro_yearly", start));
    auto cancelled = bought();
    cancel_with_period(cancelled, CancelBy::time, start);
    EXPECT_FALSE(change_price(cancelled, "demo_pro_yearly", start));
    EXPECT_FALSE(change_price(cancelled, "demo_pro_yearly", at(2026y / 5 / 1)));
    EXPECT_EQ(cancelled.price, "demo_pro_monthly");
}

} // namespace
} // namespace pollux::billing::demo
