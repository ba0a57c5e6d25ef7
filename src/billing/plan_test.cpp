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

TEST(PlanModels, are_written_as_they_are_read)
{
    for (auto const* text : {"*", "[]", R"(["demo","gemini:a"])"}) EXPECT_EQ(PlanModels::parse(text).text(), text);
}

TEST(PlanLines, are_written_as_they_are_read)
{
    std::vector<std::string> const lines{"For \"every\" day", "Für alle"};
    EXPECT_EQ(parse_lines(lines_text(lines)), lines);
    EXPECT_EQ(parse_lines("[]"), std::vector<std::string>());
    EXPECT_THROW(parse_lines("a line"), std::runtime_error);
}

TEST(PlanModels, refuse_what_is_no_list)
{
    for (auto const* text : {"", "demo", "{}", "[1]", "[\"a\"", "null"}) EXPECT_THROW(PlanModels::parse(text), std::runtime_error) << text;
}

} // namespace
} // namespace pollux::billing
