#include "chat/replies/asked_models.hpp"

#include "ai/demo/demo_model.hpp"
#include "chat/replies/kept_calls.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

using Kind = ai::Failed::Kind;

ai::Models models(std::initializer_list<char const*> ids)
{
    std::vector<ai::ModelEntry> entries;
    for (auto const* id : ids) {
        auto const provider = std::string_view(id) == "demo" ? "demo" : "scripted";
        entries.push_back({id, provider, id, std::make_unique<ai::DemoModel>(0)});
    }
    return ai::Models(std::move(entries));
}

billing::PlanModels plan(std::string_view text = "*")
{
    return billing::PlanModels::parse(text);
}

std::string order(AskedModels const& asked)
{
    std::string ids;
    for (auto const index : asked.order()) ids += (ids.empty() ? "" : " ") + asked[index].id;
    return ids;
}

ai::Failed failed(Kind kind)
{
    return {kind, std::nullopt, "x"};
}

std::string kept(std::vector<std::pair<std::string, CallOutcome>> const& calls)
{
    std::string list;
    for (auto const& [model, outcome] : calls) list = with_call(list, {model, time_of(1), std::nullopt, time_of(2), outcome});
    return list;
}

TEST(AskedModels, begin_with_the_one_that_was_wanted_and_go_on_in_the_order_of_the_list)
{
    auto const all = models({"a", "b", "c"});
    EXPECT_EQ(order({all, plan(), "b", ""}), "b a c");
    EXPECT_EQ(order({all, plan(R"(["b","c"])"), "b", ""}), "b c");
    EXPECT_EQ(order({all, plan(R"(["c"])"), "b", ""}), "b c") << "it was allowed when it was sent";
    EXPECT_EQ(order({all, plan(R"(["b","c"])"), "gone", ""}), "b c");
    EXPECT_EQ(order({all, plan("[]"), "gone", ""}), "a");
}

TEST(AskedModels, leave_the_demo_out_unless_it_was_wanted)
{
    EXPECT_EQ(order({models({"demo", "a", "b"}), plan(), "a", ""}), "a b");
    EXPECT_EQ(order({models({"a", "demo"}), plan(), "demo", ""}), "demo a");
    EXPECT_EQ(order({models({"a", "demo"}), plan(), "a", ""}), "a");
}

TEST(AskedModels, ask_one_twice_at_most_while_there_is_another)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "");
    EXPECT_TRUE(asked.has_another(0));
    asked.failed(0, failed(Kind::transient));
    EXPECT_TRUE(asked.may_be_asked_again(0));
    EXPECT_EQ(order(asked), "a b");
    asked.failed(0, failed(Kind::not_called));
    EXPECT_TRUE(asked.may_be_asked_again(0)) << "that was no call";
    asked.failed(0, failed(Kind::transient));
    EXPECT_FALSE(asked.may_be_asked_again(0));
    EXPECT_EQ(order(asked), "b");
    asked.failed(1, failed(Kind::transient));
    EXPECT_FALSE(asked.has_another(1));
    asked.failed(1, failed(Kind::transient));
    EXPECT_EQ(order(asked), "a b") << "nobody else is left";
}

TEST(AskedModels, do_not_ask_again_who_refuses_for_good)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "");
    asked.failed(0, failed(Kind::permanent));
    EXPECT_EQ(order(asked), "b");
    asked.failed(1, failed(Kind::transient));
    asked.failed(1, failed(Kind::transient));
    EXPECT_EQ(order(asked), "b") << "it may yet answer";
    asked.failed(1, failed(Kind::permanent));
    EXPECT_EQ(order(asked), "a") << "somebody has to say so";
}

TEST(AskedModels, come_to_who_was_passed_when_the_others_have_failed)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "");
    asked.failed(0, failed(Kind::transient));
    asked.pass(0);
    EXPECT_EQ(order(asked), "b");
    asked.failed(1, failed(Kind::transient));
    EXPECT_FALSE(asked.has_another(1));
    asked.failed(1, failed(Kind::permanent));
    EXPECT_EQ(order(asked), "a");
}

TEST(AskedModels, know_the_calls_of_the_claims_before)
{
    using Outcome = CallOutcome;
    auto const all = models({"a", "b"});
    EXPECT_EQ(order({all, plan(), "a", kept({{"a", Outcome::unavailable}})}), "a b");
    EXPECT_EQ(order({all, plan(), "a", kept({{"a", Outcome::unavailable}, {"a", Outcome::unavailable}})}), "b");
    EXPECT_EQ(order({all, plan(), "a", kept({{"a", Outcome::interrupted}, {"a", Outcome::continues}})}), "a b");
    EXPECT_EQ(order({all, plan(), "a", kept({{"a", Outcome::refused}})}), "b");
    EXPECT_EQ(order({all, plan(), "a", kept({{"a", Outcome::without_text}})}), "b");
    EXPECT_EQ(order({all, plan(), "a", kept({{"a", Outcome::rate_limited}})}), "b") << "it said that it would not";
    EXPECT_EQ(order({all, plan(), "a", kept({{"a", Outcome::rate_limited}, {"b", Outcome::refused}})}), "a");
    EXPECT_EQ(order({all, plan(), "a", kept({{"removed since", Outcome::refused}})}), "a b");
}

} // namespace
} // namespace pollux::chat
