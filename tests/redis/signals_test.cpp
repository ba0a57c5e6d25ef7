#include "bus/memory_signals.hpp"
#include "bus/redis_job_wake_up.hpp"
#include "bus/signal_job_wake_up.hpp"
#include "redis/redis_fixture.hpp"

namespace pollux::bus {
namespace {

using test::comes_true;

// What a listener heard, in order; "?" for what may have been missed.
struct Heard {
    std::mutex mutex;
    std::vector<std::string> words;

    Signals::Handler handler()
    {
        return [this](std::optional<std::string_view> payload) {
            std::lock_guard lock(mutex);
            words.emplace_back(payload.value_or("?"));
        };
    }
    std::size_t count(std::string_view word)
    {
        std::lock_guard lock(mutex);
        return static_cast<std::size_t>(std::ranges::count(words, word));
    }
};

class RedisSignalsTest : public test::TwoNodes<test::NoParts> {};

TEST_F(RedisSignalsTest, reach_every_node_once_and_their_own_at_once)
{
    Heard near;
    Heard far;
    auto const here = a.signals.subscribe("c", near.handler());
    auto const there = b.signals.subscribe("c", far.handler());
    ASSERT_TRUE(comes_true([&] { return near.count("?") == 1 && far.count("?") == 1; }));

    a.signals.publish("c", "one:two");
    EXPECT_EQ(near.count("one:two"), 1u);
    ASSERT_TRUE(comes_true([&] { return far.count("one:two") == 1; }));
    a.signals.publish("other", "x");
    b.signals.publish("c", "back");
    ASSERT_TRUE(comes_true([&] { return near.count("back") == 1; }));
    EXPECT_EQ(near.words, (std::vector<std::string>{"?", "one:two", "back"})); // Its own did not come a second time.
    EXPECT_EQ(far.words, (std::vector<std::string>{"?", "one:two", "back"}));
}

TEST_F(RedisSignalsTest, a_publish_in_a_call_reaches_its_own_node_too)
{
    Heard near;
    auto const here = a.signals.subscribe("c", near.handler());
    ASSERT_TRUE(comes_true([&] { return near.count("?") == 1; }));
    a.client.send(redis::command({"SET", "k", "1"}) + a.signals.publish_command("c"), 2);
    EXPECT_TRUE(comes_true([&] { return near.count("") == 1; }));
}

TEST_F(RedisSignalsTest, with_redis_away_each_node_hears_itself_and_later_that_it_may_have_missed_something)
{
    Heard near;
    Heard far;
    auto const here = a.signals.subscribe("c", near.handler());
    auto const there = b.signals.subscribe("c", far.handler());
    ASSERT_TRUE(comes_true([&] { return near.count("?") == 1 && far.count("?") == 1; }));
    server.kill();
    ASSERT_TRUE(are_down());
    a.signals.publish("c", "alone");
    EXPECT_EQ(near.count("alone"), 1u);
    server.start();
    ASSERT_TRUE(comes_true([&] { return near.count("?") == 2 && far.count("?") == 2; }));
    EXPECT_EQ(far.count("alone"), 0u);
    ASSERT_TRUE(are_up());
    a.signals.publish("c", "again");
    EXPECT_TRUE(comes_true([&] { return far.count("again") == 1; }));
}

TEST_F(RedisSignalsTest, a_halted_redis_is_noticed_though_nobody_publishes)
{
    server.halt();
    EXPECT_TRUE(comes_true([&] { return !a.signals.is_up() && !b.signals.is_up(); }));
    server.resume();
    EXPECT_TRUE(comes_true([&] { return a.signals.is_up() && b.signals.is_up(); }));
}

class RedisWakeUps : public RedisSignalsTest {
protected:
    RedisJobWakeUp first{a.client};
    RedisJobWakeUp second{b.client};
    std::atomic<int> woken = 0;
    std::atomic<bool> first_has_hands = true;

    void listen()
    {
        first.listen([this] { return first_has_hands.load(); }, [this] { ++woken; });
        second.listen([] { return true; }, [this] { woken += 100; });
    }
    void TearDown() override
    {
        first.stop();
        second.stop();
    }
};

TEST_F(RedisWakeUps, each_is_taken_by_one_worker_with_a_free_hand)
{
    first_has_hands = false;
    listen();
    a.client.send(redis::command({"PING"}));
    for (int job = 1; job <= 5; ++job) {
        first.announce(1);
        ASSERT_TRUE(comes_true([&] { return woken == job * 100; })); // Always the one who can.
    }
    EXPECT_TRUE(comes_true([&] { return server.ask({"LLEN", "pollux:jobs:reply"})->integer == 0; }));
}

TEST_F(RedisWakeUps, are_capped_and_come_back_with_redis)
{
    for (int round = 0; round < 100; ++round) first.announce(10);
    ASSERT_TRUE(comes_true([&] { return server.ask({"LLEN", "pollux:jobs:reply"})->integer == 64; }));
    server.kill();
    ASSERT_TRUE(are_down());
    listen();
    first.announce(1); // Lost, and nobody waits for it.
    server.start();
    ASSERT_TRUE(are_up());
    EXPECT_TRUE(comes_true([&] {
        first.announce(1);
        return woken > 0;
    }));
}

// Whoever has no hand just now may be holding them all for a claim that has looked already.
TEST(SignalJobWakeUp, wakes_everybody_with_a_hand_or_without)
{
    MemorySignals signals;
    SignalJobWakeUp wake_ups(signals);
    int woken = 0;
    wake_ups.listen([] { return false; }, [&] { ++woken; });
    wake_ups.announce(1);
    wake_ups.announce(3);
    EXPECT_EQ(woken, 2);
    wake_ups.stop();
    wake_ups.announce(1);
    EXPECT_EQ(woken, 2);
}

} // namespace
} // namespace pollux::bus
