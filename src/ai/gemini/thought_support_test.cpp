#include "ai/gemini/thought_support.hpp"

#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

TEST(ThoughtSupport, asks_models_that_may_think_until_one_is_known_not_to)
{
    ThoughtSupport support;
    EXPECT_EQ(support.choose("gemini-3-flash"), Thoughts::ask);
    EXPECT_EQ(support.choose("gemini-1.5-pro"), Thoughts::leave);
    support.cannot_think("gemini-3-flash");
    EXPECT_EQ(support.choose("gemini-3-flash"), Thoughts::leave);
    EXPECT_EQ(support.choose("gemini-3-pro"), Thoughts::ask);
}

} // namespace
} // namespace pollux::ai
