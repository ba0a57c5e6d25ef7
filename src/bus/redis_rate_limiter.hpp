// The rate limiter of many processes: one time point a key in Redis, judged by one script and by Redis' clock. While Redis is away each
// process limits for itself.
#pragma once

#include "limits/memory_rate_limiter.hpp"
#include "redis/script.hpp"

namespace pollux::bus {

namespace asio = boost::asio;

class RedisRateLimiter final : public limits::RateLimiter {
public:
    explicit RedisRateLimiter(redis::Client& client);

    asio::awaitable<limits::RateDecision> take(limits::RateClass rate_class, std::string_view key, limits::RateRule rule) override;

private:
    limits::MemoryRateLimiter alone_;
    redis::Script script_;
};

} // namespace pollux::bus
