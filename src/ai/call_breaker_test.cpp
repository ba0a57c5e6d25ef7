#include "ai/call_breaker.hpp"

#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

using namespace std::chrono_literals;
using End = CallBreaker::End;

class CallBreakerTest : public testing::Test {
protected:
    void call(End end) { breaker.ended(breaker.admit(now), end, now); }
    void open()
    {
        for (int count = 0; count < CallBreaker::failures_to_open; ++count) call(End::failed);
    }
    std::chrono::milliseconds wait() { return breaker.admit(now).wait; }

    CallBreaker breaker;
    Steady::time_point now{1h};
};

TEST_F(CallBreakerTest, opens_after_failures_in_a_row_only)
{
    for (int round = 0; round < 5; ++round) {
        for (int count = 1; count < CallBreaker::failures_to_open; ++count) call(End::failed);
        call(End::answered);
    }
    EXPECT_FALSE(breaker.is_open());
    open();
    EXPECT_TRUE(breaker.is_open());
    EXPECT_EQ(wait(), CallBreaker::first_pause);
}

TEST_F(CallBreakerTest, what_says_nothing_changes_nothing)
{
    for (int count = 1; count < CallBreaker::failures_to_open; ++count) call(End::failed);
    for (int count = 0; count < 50; ++count) call(End::said_nothing);
    EXPECT_FALSE(breaker.is_open());
    call(End::failed);
    EXPECT_TRUE(breaker.is_open());
}

TEST_F(CallBreakerTest, lets_one_call_try_after_the_pause)
{
    open();
    now += CallBreaker::first_pause;
    auto const first = breaker.admit(now);
    EXPECT_EQ(first.wait, 0ms);
    EXPECT_GT(wait(), 0ms);
    breaker.ended(first, End::answered, now);
    EXPECT_FALSE(breaker.is_open());
    EXPECT_EQ(wait(), 0ms);
    EXPECT_EQ(wait(), 0ms);
}

TEST_F(CallBreakerTest, whoever_lets_others_try_first_tries_when_nobody_else_does)
{
    open();
    now += CallBreaker::first_pause;
    EXPECT_EQ(breaker.admit(now, 3s).wait, 3s);
    EXPECT_EQ(wait(), 0ms) << "another one";
    call(End::failed);
    now += 2 * CallBreaker::first_pause + 3s;
    EXPECT_EQ(breaker.admit(now, 3s).wait, 0ms);
    breaker.ended({.is_try = true}, End::answered, now);
    EXPECT_EQ(breaker.admit(now, 3s).wait, 0ms) << "closed to nobody";
}

TEST_F(CallBreakerTest, doubles_the_pause_while_tries_fail_up_to_its_limit)
{
    open();
    std::chrono::milliseconds pause = CallBreaker::first_pause;
    for (int count = 0; count < 10; ++count) {
        EXPECT_EQ(wait(), pause);
        now += pause;
        call(End::failed);
        pause = std::min(2 * pause, CallBreaker::pause_max);
    }
    EXPECT_EQ(pause, CallBreaker::pause_max);
}

TEST_F(CallBreakerTest, failures_of_calls_that_were_under_way_do_not_prolong_the_pause)
{
    auto const earlier = breaker.admit(now);
    open();
    breaker.ended(earlier, End::failed, now);
    EXPECT_EQ(wait(), CallBreaker::first_pause);
}

TEST_F(CallBreakerTest, a_try_that_is_never_heard_of_again_blocks_nobody)
{
    open();
    now += CallBreaker::first_pause;
    EXPECT_EQ(wait(), 0ms);
    now += CallBreaker::first_pause;
    EXPECT_EQ(wait(), 0ms);
}

} // namespace
} // namespace pollux::ai
