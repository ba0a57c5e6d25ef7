#include "ai/retry.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pollux::ai {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Time const start = time_of(1'000'000'000'000'000);

RetryQuestion question(int calls_made, std::optional<milliseconds> retry_after = {}, std::uint64_t random = 0)
{
    return {{Failed::Kind::transient, retry_after, ""}, calls_made, start, random};
}

std::chrono::microseconds wait(RetryQuestion const& question)
{
    return next_call_due(question) - start;
}

TEST(NextCallDue, waits_longer_each_time)
{
    std::mt19937_64 random(7);
    for (int round = 0; round < 1000; ++round) {
        auto const number = random();
        auto const one = wait(question(1, {}, number));
        auto const two = wait(question(2, {}, number));
        auto const last = wait(question(3, {}, number));
        EXPECT_TRUE(one >= milliseconds(500) && one <= milliseconds(1000)) << one.count();
        EXPECT_TRUE(two >= milliseconds(1000) && two <= milliseconds(2000)) << two.count();
        EXPECT_TRUE(last >= last_call_wait_min && last <= seconds(15)) << last.count();
    }
}

TEST(NextCallDue, is_never_before_the_provider_asked)
{
    EXPECT_EQ(wait(question(1, milliseconds(1500))), milliseconds(1500));
    EXPECT_EQ(wait(question(1, seconds(34))), seconds(34));
    EXPECT_EQ(wait(question(1, milliseconds(0))), milliseconds(500)) << "never at once";
    EXPECT_EQ(wait(question(1, seconds(-5))), milliseconds(500));
    EXPECT_EQ(wait(question(3, seconds(34))), seconds(34));
}

TEST(NextCallDue, overflows_for_nobody)
{
    EXPECT_EQ(wait(question(1, milliseconds::max())), 2 * reply_duration_max) << "beyond the reply's end is far enough";
    EXPECT_GE(wait(question(1'000'000)), last_call_wait_min);
    EXPECT_EQ(wait(question(0)), milliseconds(500));
}

TEST(NextCallDue, spreads_those_that_failed_together)
{
    EXPECT_NE(wait(question(1, seconds(30))), wait(question(1, seconds(30), 400)));
}

} // namespace
} // namespace pollux::ai
