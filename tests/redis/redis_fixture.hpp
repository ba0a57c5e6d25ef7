// Two nodes over one private redis-server: each with a runtime, a client and signals of its own, as two processes would have.
#pragma once

#include "bus/redis_reach.hpp"
#include "bus/redis_signals.hpp"
#include "support/redis_server.hpp"
#include "support/running_runtime.hpp"

#include <gtest/gtest.h>

namespace pollux::test {

// A call would do without Redis when this machine is busy; tests/redis/client_test.cpp sees to patience.
inline redis::Limits patient_limits()
{
    redis::Limits limits;
    limits.call = limits.little_patience = std::chrono::seconds(1);
    return limits;
}

// `Parts` is made of (redis::Client&, bus::RedisSignals&), and of (..., bus::RedisReach const&) if it takes that.
template <class Parts>
class Node {
public:
    explicit Node(redis::Url const& url) : client(loop.runtime, url, patient_limits()), signals(client), reach(client), parts(made())
    {
        client.start();
        signals.start();
    }
    ~Node()
    {
        if (stop_parts) stop_parts();
        signals.stop();
        client.stop();
        loop.runtime.stop();
    }

    bool is_up() { return loop.run(ask_up(&client), 0) && loop.run(ask_up(&client), 1) && signals.is_up(); }

    RunningRuntime loop;
    redis::Client client;
    bus::RedisSignals signals;
    bus::RedisReach reach;
    Parts parts;
    std::function<void()> stop_parts;

private:
    Parts made()
    {
        if constexpr (std::is_constructible_v<Parts, redis::Client&, bus::RedisSignals&, bus::RedisReach const&>) {
            return Parts(client, signals, reach);
        } else {
            return Parts(client, signals);
        }
    }
    static asio::awaitable<bool> ask_up(redis::Client* client) { co_return client->is_up(); }
};

template <class Parts>
class TwoNodes : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(are_up()); }

    bool are_up()
    {
        return comes_true([this] { return a.is_up() && b.is_up(); });
    }
    bool are_down()
    {
        return comes_true([this] { return !a.is_up() && !b.is_up(); });
    }

    RedisServer server;
    Node<Parts> a{server.url()};
    Node<Parts> b{server.url()};
};

struct NoParts {
    NoParts(redis::Client&, bus::RedisSignals&) {}
};

} // namespace pollux::test
