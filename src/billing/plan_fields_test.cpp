#include "billing/plan_fields.hpp"

#include <gtest/gtest.h>

namespace pollux::billing {
namespace {

std::string set(std::string_view field, std::string_view value, std::string name = "pro")
{
    Plan plan{.name = std::move(name)};
    plan.models = PlanModels::parse("*");
    auto const done = set_plan_field(plan, field, value);
    return done ? plan_field(plan, field) : done.error().code();
}

TEST(PlanFields, are_set_from_text_and_written_the_same_way)
{
    EXPECT_EQ(set("title", "Für alle Tage"), "Für alle Tage");
    EXPECT_EQ(set("description", "one| two |three"), "one|two|three");
    EXPECT_EQ(set("description", ""), "");
    EXPECT_EQ(set("rank", "7"), "7");
    EXPECT_EQ(set("rank", "0", "basic"), "0");
    EXPECT_EQ(set("is_public", "No"), "no");
    EXPECT_EQ(set("is_archived", "true"), "yes");
    EXPECT_EQ(set("is_archived", "no", "basic"), "no");
    EXPECT_EQ(set("messages_per_day", "0"), "0");
    EXPECT_EQ(set("requests_per_minute", "1000000"), "1000000");
    EXPECT_EQ(set("models", "*"), "*");
    EXPECT_EQ(set("models", "demo, gemini:a"), "demo,gemini:a");
    EXPECT_EQ(set("rooms_max", "1"), "1");
}

TEST(PlanFields, nonsense_is_refused)
{
    for (auto const* field :
         {"rank", "messages_per_day", "requests_per_minute", "context_tokens", "message_characters_max", "replies_at_once", "rooms_max"}) {
        for (auto const* value : {"", "many", "-1", "1.5", "99999999999999999999", "9000000000000000", "1 ", "+1"})
            EXPECT_EQ(set(field, value), "wrong_plan_field") << field << "=" << value;
    }
    for (auto const* field : {"is_public", "is_archived"}) EXPECT_EQ(set(field, "perhaps"), "wrong_plan_field");
    EXPECT_EQ(set("title", ""), "wrong_plan_field");
    EXPECT_EQ(set("title", "a\nb"), "wrong_plan_field");
    EXPECT_EQ(set("title", "\xff"), "wrong_plan_field");
    EXPECT_EQ(set("title", std::string(61, 'x')), "wrong_plan_field");
    EXPECT_EQ(set("description", "one||three"), "wrong_plan_field");
    EXPECT_EQ(set("models", ""), "wrong_plan_field");
    EXPECT_EQ(set("models", "a b"), "wrong_plan_field");
    EXPECT_EQ(set("models", "demo,,gemini"), "wrong_plan_field");
    EXPECT_EQ(set("requests_per_minute", "0"), "wrong_plan_field");
    EXPECT_EQ(set("message_characters_max", "32001"), "wrong_plan_field") << "the route takes no more";
    for (auto const* field : {"", "name", "colour", "Rank"}) EXPECT_EQ(set(field, "1"), "unknown_plan_field") << field;
}

TEST(PlanFields, keep_basic_what_everybody_has)
{
    EXPECT_EQ(set("is_archived", "yes", "basic"), "wrong_plan_field");
    EXPECT_EQ(set("rank", "1", "basic"), "wrong_plan_field");
    Plan basic{.name = std::string(basic_plan)};
    EXPECT_EQ(set_plan_field(basic, "rank", "1").error().message(), "rank must be 0 for basic, which everybody has who has no other.");
    EXPECT_EQ(set("rank", "0"), "wrong_plan_field") << "nobody else stands there";
    EXPECT_EQ(set("rank", "00"), "wrong_plan_field");
}

TEST(PlanFields, say_what_is_wrong)
{
    Plan plan{.name = "pro"};
    auto const refused = set_plan_field(plan, "rooms_max", "none");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(), "rooms_max must be a number from 1 to 100000000.");
}

TEST(PlanNames, are_plain_words)
{
    for (auto const* name : {"a", "team", "team-2", "pro_max"}) EXPECT_TRUE(is_plan_name(name)) << name;
    for (auto const* name : {"", "Team", "2fast", "a b", "-a", "a\n", "pro.max", "gone"}) EXPECT_FALSE(is_plan_name(name)) << name;
    EXPECT_FALSE(is_plan_name(std::string(33, 'a')));
}

} // namespace
} // namespace pollux::billing
