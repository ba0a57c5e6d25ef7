// The rate limiter of many processes: one time point a key in Redis, judged by one script and by Redis' clock. While Redis is away each
// process limits for itself.
#pragma once

#include "bus/memory_rate_limiter.hpp"
#include "redis/script.hpp"

namespace pollux::bus {

class RedisRateLimiter final : public RateLimiter {
public:
    explicit RedisRateLimiter(redis::Client& client);

    asio::awaitable<RateDecision> take(RateClass rate_class, std::string_view key, RateRule rule) override;

private:
    MemoryRateLimiter alone_;
    redis::Script script_;
};

} // namespace pollux::bus
