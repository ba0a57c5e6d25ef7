#include "billing/stripe/checkout_decision.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

constexpr char wanted[] = "price_pro";

Subscription subscription(std::string status, std::string price = "price_other")
{
    Subscription made;
    made.id = "sub_" + status;
    made.status = std::move(status);
    made.items = {{"si_1", std::move(price), {}, {}}};
    return made;
}

RememberedSession session(std::string status, std::string price, std::string bought = {})
{
    RememberedSession made;
    made.session.status = std::move(status);
    made.session.subscription = std::move(bought);
    made.price = std::move(price);
    return made;
}

CheckoutDecision decide(std::vector<Subscription> const& subscriptions, std::optional<RememberedSession> const& remembered = {})
{
    static std::map<std::string, std::string> const plan_of_price{{wanted, "pro"}, {"price_other", "pro"}};
    return decide_checkout(subscriptions, remembered, {wanted, plan_of_price});
}

TEST(CheckoutDecision, the_first_purchase_gets_a_session)
{
    EXPECT_EQ(decide({}).step, CheckoutStep::create);
}

TEST(CheckoutDecision, an_open_session_of_the_same_price_is_handed_out_again)
{
    EXPECT_EQ(decide({}, session("open", wanted)).step, CheckoutStep::hand_out);
    EXPECT_EQ(decide({subscription("incomplete")}, session("open", wanted)).step, CheckoutStep::hand_out);
}

TEST(CheckoutDecision, of_another_price_it_is_expired_first)
{
    EXPECT_EQ(decide({}, session("open", "price_other")).step, CheckoutStep::expire);
    EXPECT_EQ(decide({subscription("incomplete")}, session("open", "price_other")).step, CheckoutStep::expire);
}

TEST(CheckoutDecision, money_that_is_on_its_way_is_waited_for)
{
    auto paid_later = session("complete", wanted, "sub_incomplete");
    paid_later.session.payment_status = "unpaid";
    EXPECT_EQ(decide({subscription("incomplete")}, paid_later).step, CheckoutStep::wait);
    EXPECT_EQ(decide({subscription("canceled")}, session("complete", wanted, "sub_canceled")).step, CheckoutStep::create);
}

TEST(CheckoutDecision, what_nobody_can_pay_any_more_is_ended)
{
    auto lost = subscription("active");
    lost.latest_invoice = Invoice{"in_1", "void", std::nullopt};
    EXPECT_EQ(decide({lost}).step, CheckoutStep::end);
    EXPECT_EQ(decide({lost}).subscription->id, lost.id);
    auto other = subscription("trialing");
    EXPECT_EQ(decide({lost, other}).step, CheckoutStep::refuse);
    EXPECT_EQ(decide({lost, subscription("past_due")}).step, CheckoutStep::refuse);
}

TEST(CheckoutDecision, what_is_over_is_in_nobodys_way)
{
    EXPECT_EQ(decide({subscription("canceled"), subscription("incomplete_expired"), subscription("incomplete")}).step,
              CheckoutStep::create);
    EXPECT_EQ(decide({}, session("expired", wanted)).step, CheckoutStep::create);
    EXPECT_EQ(decide({subscription("canceled")}, session("complete", wanted, "sub_canceled")).step, CheckoutStep::create);
}

TEST(CheckoutDecision, a_session_that_was_paid_meanwhile_is_looked_at_again)
{
    EXPECT_EQ(decide({}, session("complete", wanted, "sub_new")).step, CheckoutStep::look_again);
}

TEST(CheckoutDecision, who_is_subscribed_goes_to_the_portal)
{
    for (auto const* status : {"active", "trialing"}) {
        EXPECT_EQ(decide({subscription(status)}).step, CheckoutStep::refuse) << status;
        EXPECT_EQ(decide({subscription(status)}).flow, PortalFlow::change_price) << status;
        EXPECT_EQ(decide({subscription(status, wanted)}).flow, PortalFlow::none) << status;
    }
    for (auto const* status : {"past_due", "unpaid", "paused"}) {
        EXPECT_EQ(decide({subscription(status)}).step, CheckoutStep::refuse) << status;
        EXPECT_EQ(decide({subscription(status)}).flow, PortalFlow::payment_method) << status;
    }
}

TEST(CheckoutDecision, a_subscription_counts_before_any_session)
{
    EXPECT_EQ(decide({subscription("active")}, session("open", wanted)).step, CheckoutStep::refuse);
}

TEST(CheckoutDecision, of_two_the_paid_one_is_shown)
{
    std::vector const both{subscription("past_due"), subscription("active")};
    EXPECT_EQ(decide(both).subscription, &both[1]);
}

TEST(CheckoutDecision, a_word_of_the_future_is_in_the_way)
{
    EXPECT_EQ(decide({subscription("half_active")}).step, CheckoutStep::refuse);
    EXPECT_EQ(decide({subscription("half_active")}).flow, PortalFlow::none);
}

} // namespace
} // namespace pollux::billing::stripe
