#include "billing/plan.hpp"

#include <gtest/gtest.h>

namespace pollux::billing {
namespace {

TEST(PlanModels, allow_all_or_the_listed_ones)
{
    EXPECT_TRUE(PlanModels::parse("*").allow("anything"));
    auto const listed = PlanModels::parse(R"(["demo","gemini:a"])");
    EXPECT_TRUE(listed.allow("demo"));
    EXPECT_TRUE(listed.allow("gemini:a"));
    EXPECT_FALSE(listed.allow("gemini:b"));
    EXPECT_FALSE(PlanModels::parse("[]").allow("demo"));
    EXPECT_FALSE(PlanModels().allow("demo"));
}

TEST(PlanModels, refuse_what_is_no_list)
{
    for (auto const* text : {"", "demo", "{}", "[1]", "[\"a\"", "null"}) EXPECT_THROW(PlanModels::parse(text), std::runtime_error) << text;
}

} // namespace
} // namespace pollux::billing
