#include "bus/redis_rate_limiter.hpp"

#include "redis/redis_fixture.hpp"

namespace pollux::bus {
namespace {

using namespace std::chrono_literals;

struct Limiter {
    Limiter(redis::Client& client, RedisSignals&) : limiter(client) {}
    RedisRateLimiter limiter;
};

class RedisRateLimiterTest : public test::TwoNodes<Limiter> {
protected:
    limits::RateDecision take(test::Node<Limiter>& node, limits::RateRule rule, std::string key = "u:1",
                              limits::RateClass rate_class = limits::RateClass::send)
    {
        return node.loop.run(node.parts.limiter.take(rate_class, key, rule));
    }
};

TEST_F(RedisRateLimiterTest, all_nodes_count_together)
{
    limits::RateRule const rule{4, 3600s};
    for (int round = 0; round < 2; ++round) {
        EXPECT_TRUE(take(a, rule).allowed);
        EXPECT_TRUE(take(b, rule).allowed);
    }
    auto const refused = take(a, rule);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.policy, "send");
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_GT(refused.retry_after, 800s); // One comes every 900 s.
    EXPECT_LE(refused.retry_after, 900s);
    EXPECT_GT(refused.reset, 3500s);
    EXPECT_LE(refused.reset, 3600s);
    EXPECT_FALSE(take(b, rule).allowed);
    EXPECT_TRUE(take(b, rule, "u:2").allowed);
    EXPECT_TRUE(take(b, rule, "u:1", limits::RateClass::read).allowed);
    EXPECT_TRUE(take(b, rule, "u:1", limits::RateClass::none).allowed);
}

TEST_F(RedisRateLimiterTest, says_what_is_left)
{
    limits::RateRule const rule{3, 3600s};
    EXPECT_EQ(take(a, rule).remaining, 2);
    EXPECT_EQ(take(b, rule).remaining, 1);
    EXPECT_EQ(take(a, rule).remaining, 0);
    EXPECT_EQ(take(a, limits::RateRule{5, 3600s}, "u:9").remaining, 4);
}

asio::awaitable<int> take_many(RedisRateLimiter* limiter, int times, limits::RateRule rule)
{
    int allowed = 0;
    for (int round = 0; round < times; ++round) {
        auto const decision = co_await limiter->take(limits::RateClass::send, "u:7", rule);
        if (decision.allowed) ++allowed;
    }
    co_return allowed;
}

TEST_F(RedisRateLimiterTest, admits_not_one_too_many_of_those_who_come_at_once)
{
    limits::RateRule const rule{50, 86'400s};
    std::vector<std::future<int>> counts;
    for (std::size_t caller = 0; caller < 20; ++caller) {
        auto& node = caller % 2 == 0 ? a : b;
        counts.push_back(node.loop.start(take_many(&node.parts.limiter, 10, rule), caller / 2 % 2));
    }
    int allowed = 0;
    for (auto& count : counts) allowed += count.get();
    EXPECT_EQ(allowed, 50);
}

TEST_F(RedisRateLimiterTest, obeying_retry_after_works)
{
    limits::RateRule const rule{2, 2s};
    while (take(a, rule).allowed) {
    }
    auto const refused = take(a, rule);
    if (refused.allowed) return; // This machine took a second for the loop.
    auto const until = Steady::now() + refused.retry_after;
    std::this_thread::sleep_until(until);
    EXPECT_TRUE(take(b, rule).allowed);
}

TEST_F(RedisRateLimiterTest, with_redis_gone_halted_or_full_each_node_limits_for_itself)
{
    limits::RateRule const rule{3, 3600s};
    for (int round = 0; round < 3; ++round) EXPECT_TRUE(take(a, rule).allowed);
    EXPECT_FALSE(take(b, rule).allowed);

    server.kill();
    ASSERT_TRUE(are_down());
    for (int round = 0; round < 3; ++round) EXPECT_TRUE(take(a, rule).allowed);
    EXPECT_FALSE(take(a, rule).allowed);
    EXPECT_TRUE(take(b, rule).allowed);

    server.start(); // Empty: everybody has the full count again.
    ASSERT_TRUE(are_up());
    for (int round = 0; round < 3; ++round) EXPECT_TRUE(take(a, rule).allowed);
    EXPECT_FALSE(take(b, rule).allowed);

    server.ask({"CONFIG", "SET", "maxmemory", "1"});
    for (int round = 0; round < 3; ++round) EXPECT_TRUE(take(b, rule, "u:2").allowed);
    EXPECT_FALSE(take(b, rule, "u:2").allowed);
    server.ask({"CONFIG", "SET", "maxmemory", "0"});

    server.halt();
    EXPECT_FALSE(take(a, rule).allowed); // Its own count of the outage.
    for (int round = 0; round < 2; ++round) EXPECT_TRUE(take(b, rule).allowed);
    EXPECT_FALSE(take(b, rule).allowed);
    server.resume();
    ASSERT_TRUE(are_up());
    EXPECT_FALSE(take(a, rule).allowed);
}

} // namespace
} // namespace pollux::bus
