#include "chat/replies/kept_calls.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

using Failed = ai::Failed;

KeptCall call(std::string model)
{
    return {std::move(model), time_of(1'000'000), std::nullopt, time_of(2'500'000), CallOutcome::unavailable};
}

TEST(KeptCalls, say_what_became_of_each)
{
    std::string const first = R"([{"model":"a","started_at":"1970-01-01T00:00:01.000000Z","first_text_at":null,)"
                              R"("ended_at":"1970-01-01T00:00:02.500000Z","outcome":"unavailable","has_text":false,"not_before_us":0}])";
    EXPECT_EQ(with_call("", call("a")), first);
    auto second = call("b");
    second.first_text_at = time_of(2'000'000);
    second.outcome = CallOutcome::completed;
    second.has_text = true;
    EXPECT_EQ(with_call(first, second),
              first.substr(0, first.size() - 1) +
                  R"(,{"model":"b","started_at":"1970-01-01T00:00:01.000000Z",)"
                  R"("first_text_at":"1970-01-01T00:00:02.000000Z",)"
                  R"("ended_at":"1970-01-01T00:00:02.500000Z","outcome":"completed","has_text":true,"not_before_us":0}])");
}

TEST(KeptCalls, the_newest_four_stay)
{
    std::string kept;
    for (auto const* model : {"a", "b", "c", "d", "e", "f"}) kept = with_call(kept, call(model));
    std::string models;
    for (std::size_t at = 0; (at = kept.find(R"("model":")", at)) != std::string::npos; ++at) models += kept[at + 9];
    EXPECT_EQ(models, "cdef");
}

TEST(KeptCalls, what_others_wrote_stays_as_it_is)
{
    std::string const later = R"({"model":"}{\"]\\","outcome":"told_off","cost":{"cents":[1,{"x":2}]}})";
    auto const own = with_call("", call("a"));
    EXPECT_EQ(with_call("[" + later + "]", call("a")), "[" + later + "," + own.substr(1));
    EXPECT_EQ(with_call("[{\"mod", call("a")), own) << "what cannot be read is left out";
    EXPECT_EQ(with_call("}}", call("a")), own);
}

TEST(KeptCalls, an_end_is_told_by_what_ended_it)
{
    using End = std::variant<ai::Finished, ai::Continues, Failed>;
    auto of = [](End end, StopReason stop = StopReason::none) { return outcome_of(std::optional(std::move(end)), stop); };
    auto failed = [](Failed::Kind kind, Failed::Reason reason) { return End(Failed{kind, std::nullopt, "", reason}); };
    using Kind = Failed::Kind;
    using Reason = Failed::Reason;
    EXPECT_EQ(of(ai::Finished{ai::FinishReason::stop, ""}), CallOutcome::completed);
    EXPECT_EQ(of(ai::Finished{ai::FinishReason::length, ""}), CallOutcome::completed);
    EXPECT_EQ(of(ai::Finished{ai::FinishReason::other, ""}), CallOutcome::completed);
    EXPECT_EQ(of(ai::Finished{ai::FinishReason::blocked, ""}), CallOutcome::blocked);
    EXPECT_EQ(of(ai::Finished{}, StopReason::by_user), CallOutcome::completed) << "it was whole before the stop came";
    EXPECT_EQ(of(ai::Continues{"token"}), CallOutcome::continues);
    EXPECT_EQ(of(failed(Kind::transient, Reason::unanswered)), CallOutcome::unavailable);
    EXPECT_EQ(of(failed(Kind::transient, Reason::rate_limited)), CallOutcome::rate_limited);
    EXPECT_EQ(of(failed(Kind::permanent, Reason::unanswered)), CallOutcome::refused);
    EXPECT_EQ(of(failed(Kind::permanent, Reason::rate_limited)), CallOutcome::refused) << "a day is used up";
    EXPECT_EQ(of(failed(Kind::permanent, Reason::without_text)), CallOutcome::without_text);
    EXPECT_EQ(of(failed(Kind::permanent, Reason::too_large)), CallOutcome::too_large);
    EXPECT_EQ(of(failed(Kind::not_called, Reason::unanswered)), std::nullopt);
    EXPECT_EQ(outcome_of(std::nullopt, StopReason::by_user), CallOutcome::stopped);
    EXPECT_EQ(outcome_of(std::nullopt, StopReason::time_over), CallOutcome::timed_out);
    EXPECT_EQ(outcome_of(std::nullopt, StopReason::hand_back), CallOutcome::interrupted);
    EXPECT_EQ(outcome_of(std::nullopt, StopReason::dropped), std::nullopt);
}

TEST(KeptCalls, tell_whom_to_ask_next)
{
    auto refused = call("b");
    refused.outcome = CallOutcome::refused;
    auto stopped = call("c");
    stopped.outcome = CallOutcome::stopped;
    auto kept = with_call(with_call(with_call("", call("a")), refused), stopped);
    kept.insert(1, R"({"model":"d","outcome":"told_off"},)");
    std::string told;
    for (auto const& past : past_calls(kept)) {
        told += past.model + (past.is_failure() ? " failed" : "") + (past.is_refusal() ? " for good" : "") + "\n";
    }
    EXPECT_EQ(told, "d failed\na failed\nb failed for good\nc\n");
    auto later = call("e");
    later.has_text = true;
    later.not_before_us = 7'000'000;
    auto const both = past_calls(with_call(with_call("", call("a")), later));
    EXPECT_FALSE(both[0].has_text);
    EXPECT_EQ(both[0].not_before, time_of(0));
    EXPECT_TRUE(both[1].has_text);
    EXPECT_EQ(both[1].not_before, time_of(7'000'000));
    EXPECT_EQ(past_calls(R"([{"model":"a","has_text":1,"not_before_us":-5}])")[0].not_before, time_of(0));
    for (auto const* wrong : {"", "{}", "[7]", "[", "null"}) EXPECT_TRUE(past_calls(wrong).empty()) << wrong;
}

} // namespace
} // namespace pollux::chat
