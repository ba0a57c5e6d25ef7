#include "ai/gemini/thought_support.hpp"

#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

constexpr std::string_view model = "gemini-3-flash";

TEST(ThoughtSupport, AsksModelsThatMayThink)
{
    ThoughtSupport support;
    EXPECT_EQ(support.choose(model), Thoughts::ask);
    EXPECT_EQ(support.choose("gemini-1.5-pro"), Thoughts::leave);
}

TEST(ThoughtSupport, StopsAskingOnceAnAnswerCameWithoutTheQuestion)
{
    ThoughtSupport support;
    EXPECT_TRUE(support.refused(model, Thoughts::ask));
    EXPECT_EQ(support.choose(model), Thoughts::leave);
    support.answered(model, Thoughts::leave);
    EXPECT_EQ(support.choose(model), Thoughts::leave);
    EXPECT_EQ(support.choose("gemini-3-pro"), Thoughts::ask);
}

TEST(ThoughtSupport, AsksAgainWhenTheRefusalWasAboutSomethingElse)
{
    ThoughtSupport support;
    EXPECT_TRUE(support.refused(model, Thoughts::ask));
    EXPECT_FALSE(support.refused(model, Thoughts::leave));
    EXPECT_EQ(support.choose(model), Thoughts::ask);
}

TEST(ThoughtSupport, NeverDoubtsAModelThatAnsweredTheQuestion)
{
    ThoughtSupport support;
    support.answered(model, Thoughts::ask);
    EXPECT_FALSE(support.refused(model, Thoughts::ask));
    EXPECT_EQ(support.choose(model), Thoughts::ask);
}

TEST(ThoughtSupport, AnAnswerToAnEarlierQuestionEndsTheDoubt)
{
    ThoughtSupport support;
    EXPECT_TRUE(support.refused(model, Thoughts::ask));
    support.answered(model, Thoughts::ask);
    EXPECT_EQ(support.choose(model), Thoughts::ask);
}

} // namespace
} // namespace pollux::ai
