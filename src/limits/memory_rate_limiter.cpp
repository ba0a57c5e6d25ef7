#include "limits/memory_rate_limiter.hpp"

#include "limits/rate_rules.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace pollux::limits {

namespace {

constexpr std::size_t sweep_at_least = 64;

std::chrono::seconds round_up(Steady::duration duration)
{
    return std::chrono::ceil<std::chrono::seconds>(duration);
}

} // namespace

MemoryRateLimiter::MemoryRateLimiter(RateLimiterLimits limits, SteadyNow now)
    : keys_max_of_shard_(std::max<std::size_t>(limits.keys_max / shard_count, 1)), now_(std::move(now))
{
    for (auto& shard : shards_) shard.sweep_at = std::min(sweep_at_least, keys_max_of_shard_);
}

// Called when the map has grown to sweep_at; the next time is when it has doubled again, so that a take costs O(1) on the average.
void MemoryRateLimiter::make_room(Shard& shard, Steady::time_point now)
{
    std::erase_if(shard.full_again_at, [now](auto const& pair) { return pair.second <= now; });
    if (shard.full_again_at.size() >= keys_max_of_shard_) {
        // All of them have spent something. Forgetting the quarter that spent least gives away the least.
        std::vector<Steady::time_point> times;
        for (auto const& [key, time] : shard.full_again_at) times.push_back(time);
        auto quarter = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4);
        std::nth_element(times.begin(), quarter, times.end());
        std::size_t surplus = times.size() / 4 + 1;
        std::erase_if(shard.full_again_at, [limit = *quarter, &surplus](auto const& pair) {
            if (surplus == 0 || pair.second > limit) return false;
            --surplus;
            return true;
        });
    }
    shard.sweep_at = std::min(std::max(shard.full_again_at.size() * 2, sweep_at_least), keys_max_of_shard_);
}

asio::awaitable<RateDecision> MemoryRateLimiter::take(RateClass rate_class, std::string_view key, RateRule rule)
{
    RateDecision decision;
    decision.policy = name_of(rate_class);
    decision.rule = rule;
    decision.remaining = rule.count;
    if (rate_class == RateClass::none) co_return decision;

    std::int64_t const count = std::max<std::int64_t>(rule.count, 1);
    // Rounded up, and the burst counted in intervals, so that rounding never admits one more.
    Steady::duration const interval((Steady::duration(rule.window).count() + count - 1) / count);
    Steady::duration const burst = interval * count;

    std::string full_key(1, static_cast<char>('0' + static_cast<int>(rate_class)));
    full_key += key;
    auto& shard = shards_[std::hash<std::string>{}(full_key) % shard_count];
    auto now = now_();

    std::lock_guard const lock(shard.mutex);
    auto found = shard.full_again_at.find(full_key);
    auto full_again_at = found == shard.full_again_at.end() ? now : std::max(found->second, now);
    auto then_full_at = full_again_at + interval;
    decision.allowed = then_full_at - now <= burst;
    if (decision.allowed) {
        if (found == shard.full_again_at.end()) {
            if (shard.full_again_at.size() >= shard.sweep_at) make_room(shard, now);
            shard.full_again_at.emplace(std::move(full_key), then_full_at);
        } else {
            found->second = then_full_at;
        }
        full_again_at = then_full_at;
    } else {
        decision.retry_after = round_up(then_full_at - burst - now);
    }
    decision.remaining = std::max<std::int64_t>((burst - (full_again_at - now)) / interval, 0); // Another rule may have counted before.
    decision.reset = round_up(full_again_at - now);
    co_return decision;
}

std::size_t MemoryRateLimiter::size() const
{
    std::size_t sum = 0;
    for (auto& shard : shards_) {
        std::lock_guard const lock(shard.mutex);
        sum += shard.full_again_at.size();
    }
    return sum;
}

} // namespace pollux::limits
