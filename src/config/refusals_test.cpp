#include "config/test_refusals.hpp"
#include "config/test_sources.hpp"

#include <gtest/gtest.h>

namespace pollux::config {
namespace {

using namespace test;

class Refuses : public testing::TestWithParam<Refusal> {};

TEST_P(Refuses, with_one_line)
{
    Loaded loaded = load_config(sources_of(production(GetParam().line)));
    ASSERT_EQ(loaded.problems.size(), 1u) << joined(loaded.problems);
    EXPECT_TRUE(loaded.problems[0].starts_with(GetParam().named)) << loaded.problems[0];
    EXPECT_EQ(loaded.problems[0].find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(WrongValues, Refuses, testing::ValuesIn(wrong_values));
INSTANTIATE_TEST_SUITE_P(UnsafeValues, Refuses, testing::ValuesIn(unsafe_values));

TEST(Refusals, name_in_one_line_each_what_the_originals_environment_lacks)
{
    auto const loaded = load_config(sources_of(originals_environment));
    ASSERT_EQ(loaded.problems.size(), 3u) << joined(loaded.problems);
    EXPECT_TRUE(loaded.problems[0].starts_with("GEMINI_API_KEY: no model is configured")) << loaded.problems[0];
    EXPECT_TRUE(loaded.problems[1].starts_with("SECRET_KEY: is not set")) << loaded.problems[1];
    EXPECT_TRUE(loaded.problems[2].starts_with("DATA_DIR: is on the file system of a container")) << loaded.problems[2];
}

TEST(Refusals, leave_a_trial_in_a_container_alone)
{
    EXPECT_EQ(joined(load_config(sources_of(production("DATA_DIR=/in/the/container\nDATA_MAY_VANISH=True"))).problems), "");
    EXPECT_EQ(joined(load_config(sources_of(production("DATA_DIR=/in/the/container\nDATABASE_URL=postgres://db/x"))).problems), "");
}

} // namespace
} // namespace pollux::config
