#include "ai/gemini/thought_support.hpp"

#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

constexpr std::string_view model = "gemini-3-flash";

TEST(ThoughtSupport, asks_models_that_may_think)
{
    ThoughtSupport support;
    EXPECT_EQ(support.choose(model, "1"), Thoughts::ask);
    EXPECT_EQ(support.choose("gemini-1.5-pro", "1"), Thoughts::leave);
}

TEST(ThoughtSupport, stops_asking_once_the_same_request_was_answered_without_the_question)
{
    ThoughtSupport support;
    EXPECT_TRUE(support.refused(model, "1", Thoughts::ask));
    EXPECT_EQ(support.choose(model, "1"), Thoughts::leave);
    EXPECT_EQ(support.choose(model, "2"), Thoughts::ask) << "nothing is known yet";
    support.answered(model, "1", Thoughts::leave);
    EXPECT_EQ(support.choose(model, "2"), Thoughts::leave);
    EXPECT_EQ(support.choose("gemini-3-pro", "3"), Thoughts::ask);
}

TEST(ThoughtSupport, goes_on_asking_when_the_request_was_wrong_in_another_way)
{
    ThoughtSupport support;
    for (int count = 0; count < 3; ++count) {
        EXPECT_TRUE(support.refused(model, "1", Thoughts::ask));
        support.answered(model, "2", Thoughts::ask);
        EXPECT_FALSE(support.refused(model, "1", Thoughts::leave));
        EXPECT_EQ(support.choose(model, "1"), Thoughts::ask);
    }
}

TEST(ThoughtSupport, learns_from_a_model_that_has_thought_before)
{
    ThoughtSupport support;
    support.answered(model, "1", Thoughts::ask);
    EXPECT_TRUE(support.refused(model, "2", Thoughts::ask)); // A name may come to mean another model.
    support.answered(model, "2", Thoughts::leave);
    EXPECT_EQ(support.choose(model, "3"), Thoughts::leave);
}

TEST(ThoughtSupport, does_not_grow_without_bound)
{
    ThoughtSupport support;
    for (int count = 0; count < 1'001; ++count) support.refused(model, std::to_string(count), Thoughts::ask);
    EXPECT_EQ(support.choose(model, "0"), Thoughts::ask);
    EXPECT_EQ(support.choose(model, "1000"), Thoughts::leave);
}

} // namespace
} // namespace pollux::ai
