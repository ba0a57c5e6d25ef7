#include "billing/stripe/asked.hpp"

#include "billing/stripe/scripted_api.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

Call const call{.path = "/v1/subscriptions"};

Outcome outcome_of(std::string const& body, Asked const& asked, Mode mode = Mode::test)
{
    return believed(call, mode, asked, ScriptedApi::json(body)).outcome;
}

Asked const of_customer{.kind = "subscription", .is = {{"customer", "cus_1"}}, .if_there = {{"latest_invoice.customer", "cus_1"}}};

TEST(Answers, that_say_what_was_asked_are_believed)
{
    for (auto const* body :
         {R"({"customer":"cus_1"})", R"({"customer":{"id":"cus_1","object":"customer"},"object":"subscription","livemode":false})",
          R"({"customer":"cus_1","latest_invoice":"in_1"})", R"({"customer":"cus_1","latest_invoice":{"customer":"cus_1"}})",
          R"({"customer":"cus_1","latest_invoice":null})"}) {
        EXPECT_EQ(outcome_of(body, of_customer), Outcome::done) << body;
    }
}

TEST(Answers, about_something_else_are_none)
{
    for (auto const* body :
         {R"({"customer":"cus_2"})", R"({})", R"({"customer":null})", R"({"customer":7})", R"({"customer":["cus_1"]})",
          R"({"customer":{"id":"cus_2"}})", R"({"customer":"cus_1","object":"invoice"})", R"({"customer":"cus_1","livemode":true})",
          R"({"customer":"cus_1","latest_invoice":{"customer":"cus_2"}})", R"({"object":"list","data":[{"customer":"cus_1"}]})"}) {
        EXPECT_EQ(outcome_of(body, of_customer), Outcome::unknown) << body;
    }
}

TEST(Answers, of_either_mode_are_the_other_ones_to_the_other)
{
    EXPECT_EQ(outcome_of(R"({"customer":"cus_1","livemode":true})", of_customer, Mode::live), Outcome::done);
    EXPECT_EQ(outcome_of(R"({"customer":"cus_1","livemode":false})", of_customer, Mode::live), Outcome::unknown);
    EXPECT_EQ(outcome_of(R"({"customer":"cus_1","livemode":true})", of_customer, Mode::demo), Outcome::unknown);
}

TEST(Answers, that_are_lists_are_right_in_each_of_their_parts)
{
    auto asked = of_customer;
    asked.is_list = true;
    EXPECT_EQ(outcome_of(R"({"object":"list","data":[]})", asked), Outcome::done);
    EXPECT_EQ(outcome_of(R"({"object":"list","data":[{"customer":"cus_1"},{"customer":"cus_1"}]})", asked), Outcome::done);
    EXPECT_EQ(outcome_of(R"({"object":"list","data":[{"customer":"cus_1"},{"customer":"cus_2"}]})", asked), Outcome::unknown);
    EXPECT_EQ(outcome_of(R"({"object":"subscription","customer":"cus_1"})", asked), Outcome::unknown);
}

TEST(Answers, are_looked_into_by_the_numbers_of_their_lists)
{
    Asked const asked{.kind = "checkout.session", .is = {{"line_items.data.0.price", "price_1"}}};
    EXPECT_EQ(outcome_of(R"({"line_items":{"data":[{"price":{"id":"price_1"}}]}})", asked), Outcome::done);
    for (auto const* body : {R"({"line_items":{"data":[{"price":{"id":"price_2"}}]}})", R"({"line_items":{"data":[]}})",
                             R"({"line_items":"li_1"})", R"({"line_items":{"data":{"0":{"price":7}}}})"}) {
        EXPECT_EQ(outcome_of(body, asked), Outcome::unknown) << body;
    }
}

TEST(Answers, that_are_not_believed_say_why)
{
    auto const answer = believed(call, Mode::test, of_customer, ScriptedApi::json(R"({"customer":"cus_2"})"));
    EXPECT_EQ(answer.detail, R"(the answer to GET /v1/subscriptions is about something else: customer is "cus_2", not "cus_1")");
    EXPECT_TRUE(answer.body.empty());
    EXPECT_EQ(answer.status, 200);
}

TEST(Answers, that_are_refusals_stay_what_they_are)
{
    auto const refused = believed(call, Mode::test, of_customer, ScriptedApi::error(404, "resource_missing", "No such customer"));
    EXPECT_EQ(refused.outcome, Outcome::refused);
    EXPECT_EQ(refused.error_code, "resource_missing");
}

} // namespace
} // namespace pollux::billing::stripe
