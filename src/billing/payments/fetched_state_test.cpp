#include "billing/payments/fetched_state.hpp"

#include <gtest/gtest.h>

namespace pollux::billing {
namespace {

using std::chrono::days;

constexpr Time start = time_of(1'790'000'000'000'000);
constexpr Time end = start + days(30);

StateBasis const basis{"installation_a", UserId{7}, {{"price_pro", "pro"}, {"price_old", "pro"}, {"price_team", "team"}}, days(3)};

stripe::Subscription subscription(std::string id, std::string status = "active", std::string price = "price_pro")
{
    stripe::Subscription made;
    made.id = std::move(id);
    made.status = std::move(status);
    made.items = {{"si_1", std::move(price), start, end}};
    made.owner = {"installation_a", "7"};
    return made;
}

FetchedState judge(std::vector<stripe::Subscription> const& subscriptions)
{
    return judge_subscriptions(subscriptions, basis);
}

std::vector<PaymentAlert> alerts(FetchedState const& state)
{
    std::vector<PaymentAlert> what;
    for (auto const& alert : state.alerts) what.push_back(alert.what);
    return what;
}

TEST(FetchedState, an_active_subscription_pays_for_the_plan_of_its_price)
{
    auto const state = judge({subscription("sub_1")});
    ASSERT_EQ(state.paid.size(), 1u);
    EXPECT_EQ(state.paid[0].reference, "sub_1");
    EXPECT_EQ(state.paid[0].plan, "pro");
    EXPECT_EQ(state.paid[0].until, end + days(3));
    EXPECT_EQ(state.paid[0].status, "active");
    ASSERT_EQ(state.rows.size(), 1u);
    EXPECT_EQ(state.rows[0].price, "price_pro");
    EXPECT_EQ(state.rows[0].period_end, end);
    EXPECT_TRUE(state.alerts.empty());
}

TEST(FetchedState, of_several_items_the_one_for_the_highest_plan_counts)
{
    auto with_rank = basis;
    with_rank.rank_of_plan = {{"pro", 1}, {"team", 2}};
    for (auto const& prices : {std::vector<std::string>{"price_pro", "price_of_nothing", "price_team"}, {"price_team", "price_pro"}}) {
        auto several = subscription("sub_1");
        several.items.clear();
        for (auto const& price : prices) several.items.push_back({"si_" + price, price, start, end});
        auto const state = judge_subscriptions(std::vector{several}, with_rank);
        ASSERT_EQ(state.paid.size(), 1u);
        EXPECT_EQ(state.paid[0].plan, "team");
        EXPECT_EQ(state.rows[0].price, "price_team");
    }
}

TEST(FetchedState, one_that_is_listed_twice_or_has_no_id_counts_once_or_not_at_all)
{
    auto const state = judge({subscription("sub_1"), subscription(""), subscription("sub_1")});
    EXPECT_EQ(state.rows.size(), 1u);
    EXPECT_EQ(state.paid.size(), 1u);
    EXPECT_TRUE(state.alerts.empty());
}

TEST(FetchedState, who_let_a_debit_fail_waits_for_the_next_one_to_arrive)
{
    auto const bought = [](std::string id, std::string status, std::string paid, std::chrono::days at) {
        auto made = subscription(std::move(id), std::move(status));
        made.created = start + at;
        made.latest_invoice = stripe::Invoice{"in_1", std::move(paid), start + at, "subscription_create"};
        return made;
    };
    auto const failed = bought("sub_1", "canceled", "void", days(0));
    auto const on_its_way = bought("sub_3", "active", "open", days(9));
    EXPECT_EQ(judge({on_its_way}).paid.size(), 1u) << "the first one is trusted";
    EXPECT_TRUE(judge({on_its_way, failed}).paid.empty());
    EXPECT_EQ(judge({bought("sub_3", "active", "paid", days(9)), failed}).paid.size(), 1u) << "it has arrived";
    EXPECT_EQ(judge({on_its_way, bought("sub_2", "canceled", "paid", days(5)), failed}).paid.size(), 1u)
        << "who paid since is trusted again";
    EXPECT_TRUE(judge({on_its_way, bought("sub_0", "canceled", "paid", days(-5)), failed}).paid.empty());
    EXPECT_EQ(judge({on_its_way, bought("sub_4", "active", "void", days(12))}).paid.size(), 1u) << "what failed later says nothing of it";
}

TEST(FetchedState, one_that_is_over_is_shown_and_pays_for_nothing)
{
    auto const state = judge({subscription("sub_1", "canceled")});
    EXPECT_TRUE(state.paid.empty());
    ASSERT_EQ(state.rows.size(), 1u);
    EXPECT_EQ(state.rows[0].status, "canceled");
}

TEST(FetchedState, who_cancelled_has_no_renewal_to_wait_for)
{
    auto cancelled = subscription("sub_1");
    cancelled.cancels_at_period_end = true;
    auto const state = judge({cancelled});
    EXPECT_EQ(state.paid[0].until, end);
    EXPECT_EQ(state.rows[0].cancels_at, end);
}

TEST(FetchedState, what_names_another_installation_or_user_counts_for_nobody)
{
    auto elsewhere = subscription("sub_1");
    elsewhere.owner.installation = "installation_b";
    auto another = subscription("sub_2");
    another.owner.user = "8";
    auto const state = judge({elsewhere, another});
    EXPECT_TRUE(state.paid.empty());
    EXPECT_TRUE(state.rows.empty());
    EXPECT_EQ(alerts(state), (std::vector{PaymentAlert::foreign_owner, PaymentAlert::foreign_owner}));
}

TEST(FetchedState, what_an_operator_made_by_hand_counts)
{
    auto by_hand = subscription("sub_1");
    by_hand.owner = {};
    EXPECT_EQ(judge({by_hand}).paid.size(), 1u);
}

TEST(FetchedState, a_price_that_no_plan_names_is_told)
{
    auto const state = judge({subscription("sub_1", "active", "price_else")});
    EXPECT_TRUE(state.paid.empty());
    EXPECT_EQ(alerts(state), std::vector{PaymentAlert::unknown_price});
    EXPECT_TRUE(judge({subscription("sub_2", "canceled", "price_else")}).alerts.empty());
}

TEST(FetchedState, of_several_items_the_one_that_a_plan_names_counts)
{
    auto with_extra = subscription("sub_1", "active", "price_else");
    with_extra.items.push_back({"si_2", "price_team", start, end});
    EXPECT_EQ(judge({with_extra}).paid.at(0).plan, "team");
}

TEST(FetchedState, two_that_live_are_told_and_both_count)
{
    auto const state = judge({subscription("sub_1"), subscription("sub_2", "past_due"), subscription("sub_3", "canceled")});
    EXPECT_EQ(alerts(state), std::vector{PaymentAlert::two_subscriptions});
    EXPECT_EQ(state.paid.size(), 2u);
}

TEST(FetchedState, missing_money_shows_its_grace)
{
    auto const state = judge({subscription("sub_1", "past_due")});
    EXPECT_EQ(state.paid[0].until, start + days(3));
    EXPECT_EQ(state.rows[0].grace_until, start + days(3));
}

TEST(FetchedState, what_is_not_understood_is_told)
{
    auto without_period = subscription("sub_2");
    without_period.items[0].period_end.reset();
    auto const state = judge({subscription("sub_1", "half_active"), without_period});
    EXPECT_TRUE(state.paid.empty());
    EXPECT_EQ(alerts(state), (std::vector{PaymentAlert::unknown_status, PaymentAlert::no_period, PaymentAlert::two_subscriptions}));
}

} // namespace
} // namespace pollux::billing
