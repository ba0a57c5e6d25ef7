#include "chat/replies/reply_draft.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

using ai::ModelEvent;

TEST(ReplyDraft, collects_what_the_model_says)
{
    ReplyDraft draft;
    EXPECT_EQ(draft.take(ModelEvent(ai::TextDelta{"one "})).text, "one ");
    EXPECT_EQ(draft.take(ModelEvent(ai::ThoughtDelta{"hm"})).thoughts, "hm");
    EXPECT_EQ(draft.take(ModelEvent(ai::TextDelta{"two"})).text, "two");
    EXPECT_TRUE(draft.take(ModelEvent(ai::CitationsFound{{{"https://a.example/\"", "T", 0, 3}}})).has_citations);
    draft.take(ModelEvent(ai::UsageSoFar{{1, 2, 3}}));
    draft.take(ModelEvent(ai::UsageSoFar{{1, 5, 3}})); // The running total, not an increment.
    EXPECT_FALSE(draft.call_end());
    draft.take(ModelEvent(ai::Finished{ai::FinishReason::length, "state"}));
    ASSERT_TRUE(draft.call_end());

    auto const end = draft.end_as(MessageStatus::completed, "model");
    EXPECT_EQ(end.text, "one two");
    EXPECT_EQ(end.thoughts, "hm");
    EXPECT_EQ(end.citations_json, R"([{"url":"https://a.example/\"","title":"T","start":0,"end":3}])");
    EXPECT_EQ(end.usage.completion_tokens, 5);
    EXPECT_EQ(end.finish_reason, MessageFinish::length);
    EXPECT_EQ(end.provider_state, "state");
    EXPECT_EQ(end.model, "model");
    EXPECT_FALSE(draft.end_as(MessageStatus::stopped, "model").finish_reason);
}

TEST(ReplyDraft, adds_up_the_usage_of_continued_calls)
{
    ReplyDraft draft;
    draft.take(ModelEvent(ai::TextDelta{"a"}));
    draft.take(ModelEvent(ai::UsageSoFar{{10, 1, 0}}));
    draft.take(ModelEvent(ai::Continues{"token"}));
    draft.continue_with_next_call();
    EXPECT_FALSE(draft.call_end());
    EXPECT_TRUE(draft.has_text());
    draft.take(ModelEvent(ai::UsageSoFar{{11, 2, 5}}));
    auto const end = draft.end_as(MessageStatus::stopped, "");
    EXPECT_EQ(end.usage.prompt_tokens, 21);
    EXPECT_EQ(end.usage.completion_tokens, 3);
    EXPECT_EQ(end.usage.thought_tokens, 5);
}

TEST(ReplyDraft, starts_over_with_nothing)
{
    ReplyDraft draft;
    draft.take(ModelEvent(ai::TextDelta{"a"}));
    draft.take(ModelEvent(ai::Failed{}));
    draft.start_over();
    EXPECT_FALSE(draft.has_shown_anything());
    EXPECT_FALSE(draft.call_end());
    EXPECT_EQ(draft.end_as(MessageStatus::failed, "").text, "");
    EXPECT_EQ(draft.citations_json(), "[]");
}

TEST(ReplyDraft, cuts_an_endless_reply_between_characters)
{
    ReplyDraft draft;
    draft.take(ModelEvent(ai::TextDelta{std::string(reply_bytes_max - 1, 'x')}));
    EXPECT_FALSE(draft.call_end());
    EXPECT_EQ(draft.take(ModelEvent(ai::TextDelta{"é"})).text, "");
    auto const end = draft.end_as(MessageStatus::completed, "");
    EXPECT_EQ(end.text.size(), reply_bytes_max - 1);
    EXPECT_TRUE(is_utf8(end.text));
    EXPECT_EQ(end.finish_reason, MessageFinish::length);
}

TEST(ReplyCost, is_what_the_user_keeps)
{
    EXPECT_TRUE(costs_unit({.status = MessageStatus::completed, .text = ""}));
    EXPECT_TRUE(costs_unit({.status = MessageStatus::stopped, .text = ""}));
    EXPECT_TRUE(costs_unit({.status = MessageStatus::failed, .text = "x"}));
    EXPECT_FALSE(costs_unit({.status = MessageStatus::failed, .text = ""}));
}

} // namespace
} // namespace pollux::chat
