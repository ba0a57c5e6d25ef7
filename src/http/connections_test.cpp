#include "http/connections.hpp"

#include <gtest/gtest.h>

namespace pollux::http {
namespace {

using Verdict = ConnectionCounts::Verdict;
using Places = std::vector<std::optional<ConnectionCounts::Place>>;

asio::ip::address address(char const* text)
{
    return asio::ip::make_address(text);
}

// How many of `count` connections from `from` are taken; they stay in `places`.
int taken(ConnectionCounts& counts, Places& places, char const* from, int count)
{
    int all = 0;
    for (int index = 0; index < count; ++index) {
        auto [verdict, place] = counts.take(address(from));
        all += verdict == Verdict::refused ? 0 : 1;
        places.push_back(std::move(place));
    }
    return all;
}

TEST(ConnectionCounts, one_address_has_its_share_and_a_network_of_ipv6_is_one)
{
    ConnectionCounts counts({.connections_max = 100, .connections_per_address_max = 5}, {}, "test");
    Places places;
    EXPECT_EQ(taken(counts, places, "192.0.2.1", 9), 5);
    EXPECT_EQ(taken(counts, places, "::ffff:192.0.2.1", 9), 0);
    EXPECT_EQ(taken(counts, places, "192.0.2.2", 9), 5);
    EXPECT_EQ(taken(counts, places, "2001:db8::1", 3), 3);
    EXPECT_EQ(taken(counts, places, "2001:db8::2", 9), 2);
    places.clear();
    EXPECT_EQ(taken(counts, places, "192.0.2.1", 9), 5);
}

TEST(ConnectionCounts, loopback_and_trusted_proxies_are_not_counted_by_address)
{
    ServerLimits const limits{.connections_max = 100, .connections_per_address_max = 5};
    ConnectionCounts counts(limits, {.networks = Networks({"10.0.0.0/8"})}, "test");
    Places places;
    EXPECT_EQ(taken(counts, places, "127.0.0.1", 9), 9);
    EXPECT_EQ(taken(counts, places, "::1", 9), 9);
    EXPECT_EQ(taken(counts, places, "::ffff:127.0.0.1", 9), 9);
    EXPECT_EQ(taken(counts, places, "10.1.2.3", 9), 9);
    EXPECT_EQ(taken(counts, places, "11.1.2.3", 9), 5);

    ConnectionCounts behind_hops(limits, {.hops = 1}, "test");
    Places behind; // They end before what counts them.
    EXPECT_EQ(taken(behind_hops, behind, "192.0.2.1", 9), 9);
}

TEST(ConnectionCounts, says_when_there_are_too_many_and_when_far_too_many)
{
    ConnectionCounts counts({.connections_max = 2, .connections_per_address_max = 1'000}, {}, "test");
    Places places;
    auto verdict = [&] {
        auto [given, place] = counts.take(address("192.0.2.1"));
        places.push_back(std::move(place));
        return given;
    };
    EXPECT_EQ(verdict(), Verdict::admitted);
    EXPECT_EQ(verdict(), Verdict::admitted);
    for (int count = 0; count < 64; ++count) EXPECT_EQ(verdict(), Verdict::over);
    EXPECT_EQ(verdict(), Verdict::refused);
    places.pop_back();
    EXPECT_EQ(verdict(), Verdict::refused);
    places.clear();
    EXPECT_EQ(verdict(), Verdict::admitted);
}

class Fake final : public Connection {
public:
    explicit Fake(std::size_t bytes = 0) : bytes_(bytes) {}
    void give_up() override { is_gone = true; }
    std::size_t body_bytes_held() const override { return bytes_; }

    bool is_gone = false;

private:
    std::size_t bytes_;
};

TEST(WaitingConnections, gives_up_the_idle_first_and_of_them_the_longest)
{
    WaitingConnections waiting;
    Fake head;
    Fake first;
    Fake second;
    Fake body;
    waiting.enter(body, Phase::user_body);
    waiting.enter(head, Phase::head);
    waiting.enter(first, Phase::idle);
    waiting.enter(second, Phase::idle);
    EXPECT_EQ(waiting.size(), 4u);
    for (auto* next : {&first, &second, &head, &body}) {
        EXPECT_FALSE(next->is_gone);
        EXPECT_TRUE(waiting.give_up_one());
        EXPECT_TRUE(next->is_gone);
    }
    EXPECT_FALSE(waiting.give_up_one());
    EXPECT_EQ(waiting.size(), 0u);
}

TEST(WaitingConnections, who_began_anew_waits_at_the_end)
{
    WaitingConnections waiting;
    Fake first;
    Fake second;
    waiting.enter(first, Phase::idle);
    waiting.enter(second, Phase::idle);
    waiting.leave(first);
    waiting.enter(first, Phase::idle);
    waiting.give_up_one();
    EXPECT_TRUE(second.is_gone);
    EXPECT_FALSE(first.is_gone);
}

TEST(WaitingConnections, frees_bytes_of_the_slowest_but_never_of_who_asks)
{
    WaitingConnections waiting;
    Fake slow(100);
    Fake slower(100);
    Fake other(100);
    waiting.enter(slower, Phase::open_body);
    waiting.enter(slow, Phase::open_body);
    waiting.enter(other, Phase::user_body);
    EXPECT_TRUE(waiting.free_body_bytes(Phase::open_body, 80, slow));
    EXPECT_TRUE(slower.is_gone);
    EXPECT_FALSE(waiting.free_body_bytes(Phase::open_body, 80, slow));
    EXPECT_FALSE(slow.is_gone);
    EXPECT_FALSE(other.is_gone);
}

} // namespace
} // namespace pollux::http
