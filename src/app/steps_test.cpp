#include "app/steps.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace pollux::app {
namespace {

class StepsTest : public ::testing::Test {
protected:
    Step step(std::string_view name, bool fails = false)
    {
        return {name,
                [this, name, fails] {
                    if (fails) throw std::runtime_error(std::string(name) + " is taken");
                    said.append("+").append(name);
                },
                [this, name] { said.append("-").append(name); }};
    }

    std::string said;
};

TEST_F(StepsTest, are_started_in_order_and_stopped_in_reverse)
{
    Steps steps({step("a"), step("b"), step("c")});
    steps.start();
    steps.stop();
    steps.stop();
    EXPECT_EQ(said, "+a+b+c-c-b-a");
}

TEST_F(StepsTest, before_one_that_fails_are_undone_and_its_failure_comes_through)
{
    Steps steps({step("a"), step("b"), step("c", true), step("d")});
    try {
        steps.start();
        FAIL();
    } catch (std::runtime_error const& taken) {
        EXPECT_STREQ(taken.what(), "c is taken");
    }
    EXPECT_EQ(said, "+a+b-b-a");
}

TEST_F(StepsTest, are_undone_when_they_go_out_of_scope)
{
    {
        Steps steps({step("a"), step("b")});
        steps.start();
    }
    EXPECT_EQ(said, "+a+b-b-a");
}

} // namespace
} // namespace pollux::app
