#include "billing/stripe/objects.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

boost::json::object parsed(std::string_view text)
{
    return boost::json::parse(text).as_object();
}

constexpr Time at(std::int64_t seconds)
{
    return Time(std::chrono::seconds(seconds));
}

TEST(StripeObjects, a_subscription)
{
    auto const read = read_subscription(parsed(R"({
        "id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active", "created": 100,
        "cancel_at_period_end": true, "cancel_at": 300, "ended_at": null,
        "metadata": {"installation": "i1", "user": "7"},
        "items": {"data": [{"id": "si_1", "price": {"id": "price_1"}, "current_period_start": 100, "current_period_end": 300},
                           {"id": "si_0", "price": "price_0", "quantity": 0, "current_period_start": 1, "current_period_end": 2},
                           {"id": "si_2", "price": "price_2", "quantity": 3, "current_period_start": 110, "current_period_end": 200}]},
        "latest_invoice": {"id": "in_1", "status": "open", "created": 100, "billing_reason": "subscription_update", "status_transitions": {"finalized_at": 160}}})"));
    EXPECT_EQ(read.id, "sub_1");
    EXPECT_EQ(read.customer, "cus_1");
    EXPECT_EQ(read.status, "active");
    EXPECT_TRUE(read.cancels_at_period_end);
    EXPECT_EQ(read.cancel_at, at(300));
    EXPECT_FALSE(read.ended_at);
    EXPECT_EQ(read.owner.installation, "i1");
    EXPECT_EQ(read.owner.user, "7");
    ASSERT_EQ(read.items.size(), 2u);
    EXPECT_EQ(read.items[0].price, "price_1");
    EXPECT_EQ(read.items[1].price, "price_2");
    EXPECT_EQ(read.period_start(), at(110));
    EXPECT_EQ(read.period_end(), at(200));
    ASSERT_TRUE(read.latest_invoice);
    EXPECT_EQ(read.latest_invoice->status, "open");
    EXPECT_EQ(read.latest_invoice->opened, at(160));
    EXPECT_EQ(read.latest_invoice->reason, "subscription_update");
}

TEST(StripeObjects, words_that_no_column_would_take_are_not_there)
{
    std::string const long_id(20'000, 'a');
    auto const subscription = read_subscription(
        {{"id", long_id}, {"customer", std::string("cus_\0", 5)}, {"status", "act\nive"}, {"metadata", {{"user", std::string("7\0", 2)}}}});
    EXPECT_EQ(subscription.id, "");
    EXPECT_EQ(subscription.customer, "");
    EXPECT_EQ(subscription.status, "");
    EXPECT_EQ(subscription.owner.user, std::string("7\0", 2)) << "of another user than 7, and not of nobody";

    boost::json::object const about{
        {"object", "charge"}, {"id", "ch_\x7f"}, {"customer", long_id}, {"payment_intent", std::string("pi_\0", 4)}};
    auto const event = read_event({{"object", "event"}, {"id", "evt_1"}, {"type", "charge.refunded"}, {"data", {{"object", about}}}});
    ASSERT_TRUE(event);
    EXPECT_EQ(event->object_id + event->customer + event->payment_intent, "");
    for (auto const& id : {std::string("evt_\0", 5), long_id}) EXPECT_FALSE(read_event({{"object", "event"}, {"id", id}, {"type", "a"}}));
    EXPECT_EQ(read_session({{"url", "https://checkout.example/" + std::string(2'000, 'a')}}).url.size(), 2'025u) << "an address is long";
}

TEST(StripeObjects, what_is_missing_or_strange_is_not_there)
{
    auto const read = read_subscription(parsed(R"({"id": 7, "customer": {"deleted": true}, "items": [], "latest_invoice": "in_1",
        "cancel_at": "soon", "cancel_at_period_end": "true", "created": -5, "metadata": null, "ended_at": 99999999999999999999})"));
    EXPECT_EQ(read.id, "");
    EXPECT_EQ(read.customer, "");
    EXPECT_TRUE(read.items.empty());
    EXPECT_FALSE(read.latest_invoice);
    EXPECT_FALSE(read.cancel_at);
    EXPECT_FALSE(read.cancels_at_period_end);
    EXPECT_FALSE(read.created);
    EXPECT_FALSE(read.ended_at);
    EXPECT_FALSE(read.period_end());
}

TEST(StripeObjects, a_session)
{
    auto const read = read_session(parsed(R"({"id": "cs_1", "url": null, "status": "complete", "payment_status": "paid",
        "customer": "cus_1", "subscription": {"id": "sub_1"}, "expires_at": 200, "metadata": {"user": "7"}})"));
    EXPECT_EQ(read.id, "cs_1");
    EXPECT_EQ(read.url, "");
    EXPECT_EQ(read.status, "complete");
    EXPECT_EQ(read.subscription, "sub_1");
    EXPECT_EQ(read.expires_at, at(200));
    EXPECT_EQ(read.owner.user, "7");
}

TEST(StripeObjects, a_price)
{
    auto const read = read_price(parsed(R"({"id": "price_1", "product": "prod_1", "active": true, "unit_amount": 1900, "currency": "eur",
        "recurring": {"interval": "month", "interval_count": 3}})"));
    EXPECT_EQ(read.amount_minor, 1900);
    EXPECT_EQ(read.interval, "month");
    EXPECT_EQ(read.interval_count, 3);
    EXPECT_TRUE(read.is_active);
    EXPECT_FALSE(read_price(parsed(R"({"id": "price_2", "unit_amount": null, "unit_amount_decimal": "0.5"})")).amount_minor);
}

TEST(StripeObjects, an_event_names_whose_it_is)
{
    auto const of_subscription = read_event(parsed(R"({"id": "evt_1", "object": "event", "type": "customer.subscription.updated",
        "created": 100, "livemode": true, "data": {"object": {"id": "sub_1", "object": "subscription", "customer": "cus_1"}}})"));
    ASSERT_TRUE(of_subscription);
    EXPECT_EQ(of_subscription->customer, "cus_1");
    EXPECT_EQ(of_subscription->object_id, "sub_1");
    EXPECT_TRUE(of_subscription->is_live);
    auto const of_customer = read_event(parsed(R"({"id": "evt_2", "object": "event", "type": "customer.deleted",
        "data": {"object": {"id": "cus_2", "object": "customer"}}})"));
    ASSERT_TRUE(of_customer);
    EXPECT_EQ(of_customer->customer, "cus_2");
    auto const of_dispute = read_event(parsed(R"({"id": "evt_3", "object": "event", "type": "charge.dispute.closed",
        "data": {"object": {"id": "du_1", "object": "dispute", "payment_intent": "pi_1"}}})"));
    ASSERT_TRUE(of_dispute);
    EXPECT_EQ(of_dispute->customer, "");
    EXPECT_EQ(of_dispute->payment_intent, "pi_1");
}

TEST(StripeObjects, what_is_no_event_is_none)
{
    for (auto const* text : {"{}", R"({"object": "event", "type": "x"})", R"({"object": "event", "id": "evt_1"})",
                             R"({"object": "v2.core.event", "id": "evt_1", "type": "v1.customer.updated"})"}) {
        EXPECT_FALSE(read_event(parsed(text))) << text;
    }
}

} // namespace
} // namespace pollux::billing::stripe
