#include "billing/stripe/reads.hpp"

#include "base/required.hpp"
#include "billing/stripe/events.hpp"
#include "billing/stripe/scripted_api.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace pollux::billing::stripe {
namespace {

constexpr char nothing[] = R"({"object":"list","has_more":false,"data":[]})";

std::string list_of_one(std::string const& object)
{
    return R"({"object":"list","has_more":false,"data":[)" + object + "]}";
}

// A charge whose refunds have these statuses.
std::string charge(bool is_refunded, std::vector<std::string> const& refunds)
{
    std::string inner;
    for (auto const& status : refunds) inner.append(inner.empty() ? "" : ",").append(R"({"id":"re_1","status":")" + status + "\"}");
    return R"({"id":"ch_1","object":"charge","payment_intent":"pi_1","refunded":)" + std::string(is_refunded ? "true" : "false") +
           R"(,"refunds":{"object":"list","has_more":false,"data":[)" + inner + "]}}";
}

Fetched<bool> gone_of(ScriptedApi& api)
{
    boost::asio::io_context io;
    auto found = boost::asio::co_spawn(io, is_money_gone(api, "pi_1", {}), boost::asio::use_future);
    io.run();
    return found.get();
}

bool is_gone(std::string const& charges, std::string const& disputes = nothing)
{
    ScriptedApi api;
    api.on("GET /v1/charges", charges);
    api.on("GET /v1/disputes", disputes);
    return required(gone_of(api).value);
}

// Of a subscription with this latest invoice.
Fetched<std::vector<Subscription>> subscriptions_with(ScriptedApi& api, std::string const& latest)
{
    api.on("GET /v1/subscriptions",
           list_of_one(R"({"id":"sub_1","customer":"cus_1","object":"subscription","status":"active","latest_invoice":)" + latest + "}"));
    boost::asio::io_context io;
    auto found = boost::asio::co_spawn(io, subscriptions_of(api, "cus_1", {}), boost::asio::use_future);
    io.run();
    return found.get();
}

std::string invoice(std::string const& id, std::string const& status, std::string const& reason, int paid)
{
    return R"({"object":"invoice","id":")" + id + R"(","status":")" + status + R"(","billing_reason":"subscription_)" + reason +
           R"(","amount_paid":)" + std::to_string(paid) + "}";
}

TEST(SubscriptionReads, look_behind_an_invoice_that_took_no_money)
{
    ScriptedApi api;
    auto const change = invoice("in_3", "paid", "update", 0);
    api.on("GET /v1/invoices", R"({"object":"list","has_more":false,"data":[)" + change + "," + invoice("in_2", "paid", "cycle", 0) + "," +
                                   invoice("in_1", "void", "cycle", 0) + "," + invoice("in_0", "paid", "create", 2000) + "]}");
    auto const found = required(subscriptions_with(api, change).value);
    ASSERT_EQ(found.size(), 1u);
    ASSERT_EQ(found[0].earlier_invoices.size(), 2u) << "as far back as one tells what was paid";
    EXPECT_EQ(found[0].earlier_invoices[1].id, "in_1");
    EXPECT_EQ(api.take_calls().back(), "GET /v1/invoices?subscription=sub_1&limit=100");

    EXPECT_TRUE(required(subscriptions_with(api, invoice("in_3", "paid", "cycle", 2000)).value)[0].earlier_invoices.empty());
    EXPECT_EQ(api.take_calls().size(), 1u) << "one that was paid with money needs no second call";
}

TEST(SubscriptionReads, are_unknown_where_what_paid_is)
{
    ScriptedApi api;
    api.on("GET /v1/invoices", [](Call const&) { return ScriptedApi::silence(); });
    auto const found = subscriptions_with(api, invoice("in_3", "paid", "update", 0));
    EXPECT_FALSE(found.value);
    EXPECT_FALSE(found.is_missing);
}

TEST(MoneyGone, is_what_was_refunded_as_a_whole)
{
    EXPECT_FALSE(is_gone(nothing));
    EXPECT_FALSE(is_gone(list_of_one(charge(false, {}))));
    EXPECT_FALSE(is_gone(list_of_one(charge(false, {"succeeded"}))));
    EXPECT_TRUE(is_gone(list_of_one(charge(true, {"succeeded"}))));
    EXPECT_TRUE(is_gone(list_of_one(charge(true, {"succeeded", "failed", "succeeded", "canceled"}))));
}

TEST(MoneyGone, is_not_what_is_on_its_way_and_may_fail_yet)
{
    EXPECT_FALSE(is_gone(list_of_one(charge(true, {"pending"}))));
    EXPECT_FALSE(is_gone(list_of_one(charge(true, {"requires_action"}))));
    EXPECT_FALSE(is_gone(list_of_one(charge(true, {"succeeded", "pending"}))));
    EXPECT_FALSE(is_gone(list_of_one(charge(false, {"failed"}))));
}

TEST(MoneyGone, is_what_a_dispute_took_as_long_as_it_is_lost)
{
    auto const dispute = [](std::string const& status) {
        return list_of_one(R"({"id":"du_1","payment_intent":"pi_1","status":")" + status + "\"}");
    };
    EXPECT_TRUE(is_gone(nothing, dispute("lost")));
    for (auto const* status : {"won", "under_review", "needs_response", "warning_closed", "prevented"})
        EXPECT_FALSE(is_gone(nothing, dispute(status)));
}

TEST(MoneyGone, is_unknown_where_either_is)
{
    ScriptedApi silent;
    silent.on("GET /v1/charges", nothing);
    silent.on("GET /v1/disputes", [](Call const&) { return ScriptedApi::silence(); });
    EXPECT_FALSE(gone_of(silent).value);
    silent.on("GET /v1/charges", [](Call const&) { return ScriptedApi::silence(); });
    silent.on("GET /v1/disputes", list_of_one(R"({"id":"du_1","payment_intent":"pi_1","status":"lost"})"));
    EXPECT_FALSE(gone_of(silent).value);
}

TEST(MoneyGone, is_looked_at_whenever_it_may_have_changed)
{
    for (std::string_view const type :
         {"charge.refunded", "refund.updated", "refund.failed", "charge.dispute.created", "charge.dispute.closed"})
        EXPECT_NE(std::ranges::find(event_types, type), event_types.end()) << type;
}

TEST(MoneyGone, asks_for_the_refunds_beside_their_charges)
{
    ScriptedApi api;
    api.on("GET /v1/charges", nothing);
    api.on("GET /v1/disputes", nothing);
    gone_of(api);
    EXPECT_EQ(api.take_calls(), (std::vector<std::string>{"GET /v1/charges?payment_intent=pi_1&limit=100&expand[0]=data.refunds",
                                                          "GET /v1/disputes?payment_intent=pi_1&limit=100"}));
}

} // namespace
} // namespace pollux::billing::stripe
