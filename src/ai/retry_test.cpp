#include "ai/retry.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pollux::ai {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Time const start = time_of(1'000'000'000'000'000);

RetryQuestion question(int calls_made, Time now = start, std::optional<milliseconds> retry_after = {})
{
    return {{Failed::Kind::transient, retry_after, ""}, calls_made, start, now, 0};
}

TEST(DecideRetry, gives_up_when_it_must)
{
    auto permanent = question(1);
    permanent.failure.kind = Failed::Kind::permanent;
    auto const reason = [](RetryQuestion const& asked) { return std::get<GiveUp>(decide_retry(asked)).reason; };
    EXPECT_EQ(reason(permanent), GiveUp::Reason::permanent);
    EXPECT_EQ(reason(question(4)), GiveUp::Reason::calls_used_up);
    EXPECT_EQ(reason(question(5)), GiveUp::Reason::calls_used_up);
    EXPECT_EQ(reason(question(1, start + minutes(10))), GiveUp::Reason::time_used_up);
    EXPECT_EQ(reason(question(1, start, minutes(10))), GiveUp::Reason::time_used_up);
    EXPECT_EQ(reason(question(1, start + minutes(9), seconds(61))), GiveUp::Reason::time_used_up);
    EXPECT_EQ(reason(question(1, start, milliseconds::max())), GiveUp::Reason::time_used_up);
}

TEST(DecideRetry, does_not_count_what_never_left_this_process)
{
    for (int calls_made : {1, 4, 5}) {
        auto asked = question(calls_made);
        asked.failure.kind = Failed::Kind::not_called;
        EXPECT_EQ(std::get<PutBack>(decide_retry(asked)).due, start + seconds(1));
        asked.now = start + minutes(10) - milliseconds(500);
        EXPECT_EQ(std::get<GiveUp>(decide_retry(asked)).reason, GiveUp::Reason::time_used_up);
    }
}

TEST(DecideRetry, waits_longer_each_time)
{
    std::mt19937_64 random(7);
    for (int round = 0; round < 1000; ++round) {
        auto first = question(1);
        auto second = question(2);
        auto third = question(3);
        first.random = second.random = third.random = random();
        auto const one = std::get<WaitThenCall>(decide_retry(first)).wait;
        auto const two = std::get<WaitThenCall>(decide_retry(second)).wait;
        EXPECT_TRUE(one >= milliseconds(500) && one <= milliseconds(1000)) << one.count();
        EXPECT_TRUE(two >= milliseconds(1000) && two <= milliseconds(2000)) << two.count();
        auto const last = std::get<PutBack>(decide_retry(third)).due;
        EXPECT_TRUE(last >= start + last_call_wait_min && last <= start + seconds(15));
    }
}

TEST(DecideRetry, does_what_the_provider_asked_for)
{
    EXPECT_EQ(std::get<WaitThenCall>(decide_retry(question(1, start, milliseconds(1500)))).wait, milliseconds(1500));
    EXPECT_EQ(std::get<PutBack>(decide_retry(question(1, start, seconds(34)))).due, start + seconds(34));
    EXPECT_EQ(std::get<WaitThenCall>(decide_retry(question(1, start, milliseconds(0)))).wait, milliseconds(500)) << "never at once";
    EXPECT_EQ(std::get<WaitThenCall>(decide_retry(question(1, start, seconds(-5)))).wait, milliseconds(500));
}

TEST(DecideRetry, spreads_those_that_failed_together)
{
    auto one = question(1, start, seconds(30));
    auto other = one;
    other.random = 400;
    EXPECT_NE(std::get<PutBack>(decide_retry(one)).due, std::get<PutBack>(decide_retry(other)).due);
}

} // namespace
} // namespace pollux::ai
