// Signals over Redis, and beside it over the other way while not everybody reaches Redis. A signal may then come twice: a listener
// takes it for "look again".
#pragma once

#include "bus/redis_reach.hpp"
#include "bus/redis_signals.hpp"

namespace pollux::bus {

class BothSignals final : public Signals {
public:
    BothSignals(RedisSignals& redis, Signals& beside, RedisReach const& reach) : redis_(redis), beside_(beside), reach_(reach) {}

    void publish(std::string_view channel, std::string_view payload) override
    {
        redis_.publish(channel, payload);
        if (!reach_.is_whole()) beside_.publish(channel, payload);
    }

    std::unique_ptr<Subscription> subscribe(std::string channel, Handler handler) override
    {
        auto both = std::make_unique<Pair>();
        both->first = redis_.subscribe(channel, handler);
        both->second = beside_.subscribe(std::move(channel), std::move(handler));
        return both;
    }

private:
    struct Pair final : Subscription {
        std::unique_ptr<Subscription> first;
        std::unique_ptr<Subscription> second;
    };

    RedisSignals& redis_;
    Signals& beside_;
    RedisReach const& reach_;
};

} // namespace pollux::bus
