// The rate limiter of one process: one time point a key (GCRA's theoretical arrival time). In any window a key is admitted at most
// count (the burst) + count times; a steady rate below count / window is never refused. Safe from any thread, never waits.
#pragma once

#include "base/steady_now.hpp"
#include "limits/rate_limiter.hpp"

#include <array>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pollux::limits {

struct RateLimiterLimits {
    // Keys remembered. Over it those go first that have their full count again, then those that are nearest to it.
    std::size_t keys_max = 256'000;
};

class MemoryRateLimiter final : public RateLimiter {
public:
    explicit MemoryRateLimiter(RateLimiterLimits limits = {}, SteadyNow now = steady_now());

    asio::awaitable<RateDecision> take(RateClass rate_class, std::string_view key, RateRule rule) override;

    std::size_t size() const; // Keys remembered right now.

private:
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, Steady::time_point> full_again_at;
        std::size_t sweep_at = 0; // At this size, see who has the full count again.
    };
    static constexpr std::size_t shard_count = 64;

    void make_room(Shard& shard, Steady::time_point now);

    std::size_t keys_max_of_shard_;
    SteadyNow now_;
    std::array<Shard, shard_count> shards_;
};

} // namespace pollux::limits
