#include "limits/memory_rate_limiter.hpp"

#include "support/test_loop.hpp"

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace pollux::limits {
namespace {

using namespace std::chrono_literals;

class RateLimiterTest : public testing::Test {
protected:
    RateDecision take(std::string const& key = "user 1", RateRule rule = {60, 60s})
    {
        auto taking = limiter.take(RateClass::send, key, rule);
        return loop.run(std::move(taking));
    }

    Steady::time_point now{1'000s};
    test::TestLoop loop;
    MemoryRateLimiter limiter{{}, [this] { return now; }};
};

TEST_F(RateLimiterTest, the_whole_count_at_once_then_one_an_interval)
{
    for (std::int64_t left = 59; left >= 0; --left) {
        auto decision = take();
        ASSERT_TRUE(decision.allowed);
        ASSERT_EQ(decision.remaining, left);
        ASSERT_EQ(decision.reset, std::chrono::seconds(60 - left));
        ASSERT_EQ(decision.policy, "send");
        ASSERT_EQ(decision.retry_after, 0s);
    }
    auto refused = take();
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_EQ(refused.retry_after, 1s);
    EXPECT_EQ(refused.reset, 60s);
    now += 999ms;
    EXPECT_FALSE(take().allowed);
    now += 1ms;
    EXPECT_TRUE(take().allowed);
    EXPECT_FALSE(take().allowed);
}

TEST_F(RateLimiterTest, keys_classes_and_none_are_apart)
{
    EXPECT_TRUE(take("a", {1, 60s}).allowed);
    EXPECT_FALSE(take("a", {1, 60s}).allowed);
    EXPECT_TRUE(take("b", {1, 60s}).allowed);
    EXPECT_TRUE(loop.run(limiter.take(RateClass::read, "a", {1, 60s})).allowed);
    for (int count = 0; count < 3; ++count) EXPECT_TRUE(loop.run(limiter.take(RateClass::none, "a", {1, 60s})).allowed);
}

// Any window: accepted <= count + burst. Times fall at random, in bursts and on the edges of intervals.
TEST_F(RateLimiterTest, no_window_admits_more_than_count_and_burst)
{
    for (RateRule rule : {RateRule{60, 60s}, {7, 60s}, {1, 1s}, {300, 60s}, {13, 7s}}) {
        auto seed = std::random_device{}();
        std::mt19937_64 random(seed);
        std::vector<Steady::time_point> accepted;
        for (auto end = now + 40 * rule.window; now < end;) {
            if (take("key " + std::to_string(rule.count), rule).allowed) accepted.push_back(now);
            auto interval = Steady::duration(rule.window) / rule.count;
            switch (random() % 4) {
            case 0: break; // At once.
            case 1: now += interval; break;
            case 2: now += Steady::duration(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(interval.count() * 2))); break;
            default: now += random() % 50 == 0 ? Steady::duration(rule.window) : interval / 3; break;
            }
        }
        std::size_t most = 0;
        for (std::size_t first = 0, last = 0; last < accepted.size(); ++last) {
            while (accepted[last] - accepted[first] > rule.window) ++first;
            most = std::max(most, last - first + 1);
        }
        EXPECT_LE(most, static_cast<std::size_t>(2 * rule.count)) << "seed " << seed;
        EXPECT_GT(most, static_cast<std::size_t>(rule.count)) << "the test never came near the limit; seed " << seed;
    }
}

TEST_F(RateLimiterTest, a_steady_rate_below_the_limit_is_never_refused)
{
    for (RateRule rule : {RateRule{60, 60s}, {7, 60s}, {1, 1s}, {1'000, 3s}}) {
        auto interval =
            std::chrono::duration_cast<Steady::duration>(Steady::duration(rule.window) / (0.95 * static_cast<double>(rule.count)));
        for (int count = 0; count < 4'000; ++count, now += interval) ASSERT_TRUE(take("steady", rule).allowed) << count;
        now += 1h;
    }
}

TEST_F(RateLimiterTest, obeying_works)
{
    auto seed = std::random_device{}();
    std::mt19937_64 random(seed);
    for (RateRule rule : {RateRule{60, 60s}, {20, 60s}, {7, 60s}, {600, 60s}, {3, 1s}, {10, 3600s}}) {
        for (int client = 0; client < 40; ++client) {
            auto key = std::to_string(client);
            while (take(key, rule).allowed) now += std::chrono::milliseconds(random() % 20);
            auto refused = take(key, rule);
            ASSERT_FALSE(refused.allowed);
            ASSERT_GE(refused.retry_after, 1s);
            now += refused.retry_after;
            ASSERT_TRUE(take(key, rule).allowed) << "seed " << seed;
        }
        now += 2h;
    }
}

TEST_F(RateLimiterTest, forgets_who_has_the_full_count_again)
{
    for (int key = 0; key < 20'000; ++key) take(std::to_string(key));
    EXPECT_EQ(limiter.size(), 20'000u);
    now += 61s;
    for (int key = 0; key < 20'000; ++key) take("later " + std::to_string(key));
    EXPECT_LE(limiter.size(), 22'000u);
}

TEST_F(RateLimiterTest, a_flood_of_keys_is_bounded_and_spares_the_busiest)
{
    MemoryRateLimiter small{{.keys_max = 6'400}, [this] { return now; }};
    RateRule const rule{5, 60s};
    auto take_from_small = [&](std::string const& key) { return loop.run(small.take(RateClass::otp, key, rule)).allowed; };
    for (int count = 0; count < 5; ++count) ASSERT_TRUE(take_from_small("busy"));
    for (int key = 0; key < 20'000; ++key) take_from_small(std::to_string(key));
    EXPECT_LE(small.size(), 6'400u);
    EXPECT_FALSE(take_from_small("busy"));
}

TEST_F(RateLimiterTest, threads_together_get_the_count_once)
{
    std::atomic<int> allowed = 0;
    std::vector<std::thread> threads;
    for (int index = 0; index < 4; ++index) {
        threads.emplace_back([&] {
            test::TestLoop own_loop;
            for (int count = 0; count < 200; ++count) allowed += own_loop.run(limiter.take(RateClass::send, "shared", {100, 60s})).allowed;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(allowed, 100);
}

} // namespace
} // namespace pollux::limits
