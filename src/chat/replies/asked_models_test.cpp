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

constexpr Time now = time_of(1'000'000'000);
constexpr std::chrono::seconds second{1};

std::string order(AskedModels const& asked, Time at = now)
{
    std::string ids;
    for (auto const index : asked.order(at)) ids += (ids.empty() ? "" : " ") + asked[index].id;
    return ids;
}

// "b in 3s", "nobody".
std::string next(AskedModels const& asked, std::optional<std::size_t> last = std::nullopt)
{
    auto const found = asked.next(now, last);
    if (!found) return "nobody";
    auto const wait = std::chrono::duration_cast<std::chrono::seconds>(found->due - now);
    return asked[found->index].id + " in " + std::to_string(wait.count()) + "s";
}

void fail(AskedModels& asked, std::size_t index, Kind kind, std::chrono::seconds wait = second, ShownText shown = ShownText::none)
{
    auto const due = kind == Kind::transient ? now + wait : Time{};
    std::optional<std::chrono::milliseconds> told;
    if (wait > 4 * second) told = wait; // Less may be our own patience.
    asked.failed(index, {kind, told, "x"}, shown, due);
}

struct Past {
    std::string model;
    CallOutcome outcome;
    std::chrono::seconds wait{0}; // From now on.
    bool has_text = false;
};

std::string kept(std::vector<Past> const& calls)
{
    std::string list;
    for (auto const& past : calls) {
        KeptCall call{past.model, time_of(1), std::nullopt, time_of(2), past.outcome};
        call.has_text = past.has_text;
        call.not_before_us = micros(now + past.wait);
        list = with_call(list, call);
    }
    return list;
}

TEST(AskedModels, begin_with_the_one_that_was_wanted_and_go_on_in_the_order_of_the_list)
{
    auto const all = models({"a", "b", "c"});
    EXPECT_EQ(order({all, plan(), "b", "", now}), "b a c");
    EXPECT_EQ(order({all, plan(R"(["b","c"])"), "b", "", now}), "b c");
    EXPECT_EQ(order({all, plan(R"(["c"])"), "b", "", now}), "b c") << "it was allowed when it was sent";
    EXPECT_EQ(order({all, plan(R"(["b","c"])"), "gone", "", now}), "b c");
    EXPECT_EQ(order({all, plan("[]"), "gone", "", now}), "a");
}

TEST(AskedModels, leave_the_demo_out_unless_it_was_wanted)
{
    EXPECT_EQ(order({models({"demo", "a", "b"}), plan(), "a", "", now}), "a b");
    EXPECT_EQ(order({models({"a", "demo"}), plan(), "demo", "", now}), "demo a");
    EXPECT_EQ(order({models({"a", "demo"}), plan(), "a", "", now}), "a");
}

TEST(AskedModels, ask_one_twice_at_most_while_there_is_another)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "", now);
    fail(asked, 0, Kind::transient);
    EXPECT_EQ(next(asked, 0), "a in 1s");
    EXPECT_EQ(order(asked), "a b");
    fail(asked, 0, Kind::not_called);
    EXPECT_EQ(next(asked, 0), "a in 1s") << "that was no call";
    fail(asked, 0, Kind::transient, 2 * second);
    EXPECT_EQ(next(asked, 0), "b in 0s");
    EXPECT_EQ(order(asked), "b");
    fail(asked, 1, Kind::transient);
    EXPECT_EQ(next(asked, 1), "b in 1s");
    fail(asked, 1, Kind::transient, 4 * second);
    EXPECT_EQ(next(asked, 1), "a in 2s") << "nobody else is left, and it is due first";
    EXPECT_EQ(order(asked), "");
    EXPECT_EQ(order(asked, now + 2 * second), "a");
    EXPECT_EQ(order(asked, now + 4 * second), "a b");
}

TEST(AskedModels, do_not_ask_again_who_refuses_for_good)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "", now);
    fail(asked, 0, Kind::permanent);
    EXPECT_EQ(order(asked), "b");
    EXPECT_EQ(next(asked, 0), "b in 0s");
    fail(asked, 1, Kind::transient);
    fail(asked, 1, Kind::transient);
    EXPECT_EQ(next(asked, 1), "b in 1s") << "it may yet answer";
    EXPECT_EQ(order(asked, now + second), "b");
    fail(asked, 1, Kind::permanent);
    EXPECT_EQ(next(asked, 1), "nobody");
    EXPECT_EQ(order(asked), "a") << "somebody has to say so";
}

TEST(AskedModels, come_to_who_was_passed_when_the_others_have_failed)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "", now);
    fail(asked, 0, Kind::transient, 30 * second);
    EXPECT_EQ(next(asked, 0), "b in 0s");
    EXPECT_EQ(order(asked), "b");
    fail(asked, 1, Kind::transient);
    EXPECT_EQ(next(asked, 1), "b in 1s");
    fail(asked, 1, Kind::permanent);
    EXPECT_EQ(next(asked, 1), "a in 30s");
    EXPECT_EQ(order(asked, now + 29 * second), "");
    EXPECT_EQ(order(asked, now + 30 * second), "a");
}

TEST(AskedModels, give_each_its_second_call_before_anybody_a_third)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "", now);
    fail(asked, 0, Kind::transient);
    fail(asked, 0, Kind::transient);
    fail(asked, 1, Kind::transient, 4 * second);
    EXPECT_EQ(next(asked, 1), "b in 4s");
    EXPECT_EQ(order(asked), "b");
}

TEST(AskedModels, wait_for_whoever_is_due_first)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "", now);
    fail(asked, 0, Kind::transient, 5 * second);
    fail(asked, 1, Kind::transient, 120 * second);
    EXPECT_EQ(next(asked, 1), "a in 5s");
    EXPECT_EQ(order(asked, now + 5 * second), "a");
}

TEST(AskedModels, let_nobody_else_write_after_text_went_out)
{
    auto const all = models({"a", "b"});
    AskedModels asked(all, plan(), "a", "", now);
    for (int call = 0; call < 3; ++call) fail(asked, 0, Kind::transient, 5 * second, ShownText::some);
    EXPECT_EQ(next(asked, 0), "a in 5s");
    EXPECT_EQ(order(asked), "");
    EXPECT_EQ(order(asked, now + 5 * second), "a");
    auto left_alone = asked;
    EXPECT_TRUE(left_alone.forget_writer());
    EXPECT_EQ(order(left_alone), "b") << "it is down for everybody";
    EXPECT_FALSE(left_alone.forget_writer());
    fail(asked, 0, Kind::transient, 5 * second);
    EXPECT_EQ(next(asked, 0), "b in 0s") << "restart has taken it back, and nothing came since";
    fail(asked, 1, Kind::permanent, second, ShownText::some);
    EXPECT_EQ(next(asked, 1), "nobody");
}

TEST(AskedModels, know_the_calls_of_the_claims_before)
{
    using Outcome = CallOutcome;
    auto const all = models({"a", "b"});
    auto after = [&all](std::vector<Past> const& calls) { return AskedModels(all, plan(), "a", kept(calls), now); };
    EXPECT_EQ(order(after({{"a", Outcome::unavailable}})), "a b");
    EXPECT_EQ(order(after({{"a", Outcome::unavailable}, {"a", Outcome::unavailable}})), "b");
    EXPECT_EQ(order(after({{"a", Outcome::interrupted}, {"a", Outcome::continues}})), "a b");
    EXPECT_EQ(order(after({{"a", Outcome::refused}})), "b");
    EXPECT_EQ(order(after({{"a", Outcome::without_text}})), "b");
    EXPECT_EQ(order(after({{"a", Outcome::rate_limited}})), "b") << "it said that it would not";
    EXPECT_EQ(order(after({{"a", Outcome::rate_limited}, {"b", Outcome::refused}})), "a");
    EXPECT_EQ(order(after({{"removed since", Outcome::refused}})), "a b");
}

TEST(AskedModels, know_from_the_claims_before_when_each_is_due_and_who_wrote)
{
    using Outcome = CallOutcome;
    auto const all = models({"a", "b"});
    auto after = [&all](std::vector<Past> const& calls) { return AskedModels(all, plan(), "a", kept(calls), now); };
    auto const limited = after({{"a", Outcome::rate_limited, 27 * second}, {"b", Outcome::unavailable}, {"b", Outcome::unavailable}});
    EXPECT_EQ(order(limited), "b") << "the first is not due";
    EXPECT_EQ(order(limited, now + 27 * second), "b a");
    EXPECT_EQ(next(after({{"a", Outcome::unavailable, 27 * second}, {"b", Outcome::refused}})), "a in 27s");
    auto const wrote = after({{"a", Outcome::unavailable}, {"a", Outcome::unavailable, 0 * second, true}});
    EXPECT_EQ(order(wrote), "a");
    EXPECT_EQ(order(after({{"a", Outcome::interrupted, 0 * second, true}})), "a");
    EXPECT_EQ(order(after({{"a", Outcome::unavailable, 0 * second, true}, {"a", Outcome::unavailable}})), "b");
}

} // namespace
} // namespace pollux::chat
