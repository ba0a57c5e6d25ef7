#include "bus/memory_signals.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace pollux::bus {
namespace {

TEST(MemorySignals, reach_everybody_on_their_channel_until_they_leave)
{
    MemorySignals signals;
    std::vector<std::string> heard;
    auto const note = [&heard](std::string who) {
        return [&heard, who](std::optional<std::string_view> payload) { heard.push_back(who + ":" + std::string(payload.value_or("?"))); };
    };
    auto first = signals.subscribe("a", note("first"));
    auto second = signals.subscribe("a", note("second"));
    auto other = signals.subscribe("b", note("other"));

    signals.publish("a", "1");
    signals.publish("c", "nobody");
    first.reset();
    signals.publish("a", "2");
    signals.publish("b", std::string(signal_bytes_max, 'x'));
    signals.publish("b", std::string(signal_bytes_max + 1, 'x'));

    EXPECT_EQ(heard, (std::vector<std::string>{"first:1", "second:1", "second:2", "other:" + std::string(signal_bytes_max, 'x')}));
}

TEST(MemorySignals, nobody_is_called_after_leaving)
{
    MemorySignals signals;
    std::atomic<bool> is_over = false;
    std::jthread publisher([&] {
        while (!is_over) signals.publish("a", "x");
    });
    for (int round = 0; round < 2'000; ++round) {
        auto number = std::make_unique<std::atomic<int>>(0); // Dies with the subscription: the sanitizers see a call that comes later.
        auto subscription = signals.subscribe("a", [&number = *number](std::optional<std::string_view>) { ++number; });
        signals.publish("a", "mine");
        EXPECT_GT(*number, 0);
        subscription.reset();
    }
    is_over = true;
}

} // namespace
} // namespace pollux::bus
