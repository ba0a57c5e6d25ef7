// Wake-ups through Redis' list, and beside it as signals of the other way while not everybody reaches Redis.
#pragma once

#include "bus/redis_job_wake_up.hpp"
#include "bus/redis_reach.hpp"
#include "bus/signal_job_wake_up.hpp"

namespace pollux::bus {

class BothJobWakeUps final : public JobWakeUp {
public:
    BothJobWakeUps(redis::Client& client, Signals& beside, RedisReach const& reach) : redis_(client), beside_(beside), reach_(reach) {}

    void announce(int jobs) override
    {
        redis_.announce(jobs);
        if (!reach_.is_whole()) beside_.announce(jobs);
    }
    void listen(std::function<bool()> has_hands, std::function<void()> wake) override
    {
        beside_.listen(has_hands, wake);
        redis_.listen(std::move(has_hands), std::move(wake));
    }
    void stop() override
    {
        beside_.stop();
        redis_.stop();
    }

private:
    RedisJobWakeUp redis_;
    SignalJobWakeUp beside_;
    RedisReach const& reach_;
};

} // namespace pollux::bus
