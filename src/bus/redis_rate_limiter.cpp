#include "bus/redis_rate_limiter.hpp"

#include "limits/rate_rules.hpp"

#include <algorithm>

namespace pollux::bus {
namespace {

using std::chrono::ceil;
using std::chrono::microseconds;
using std::chrono::seconds;

// KEYS: the key's time point, when its full count is there again. ARGV: the interval in microseconds, the count. Returns whether it is
// allowed, the microseconds until the full count is there again, and until one more would be allowed. Numbers of 16 digits must be
// written out: Lua's own form rounds them.
constexpr char const* take_script = R"lua(
    local time = redis.call('TIME')
    local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
    local interval = tonumber(ARGV[1])
    local burst = interval * tonumber(ARGV[2])
    local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
    if full + interval - now > burst then return {0, full - now, full + interval - burst - now} end
    full = full + interval
    redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
    return {1, full - now, 0}
)lua";

} // namespace

RedisRateLimiter::RedisRateLimiter(redis::Client& client) : script_(client, take_script) {}

asio::awaitable<limits::RateDecision> RedisRateLimiter::take(limits::RateClass rate_class, std::string_view key, limits::RateRule rule)
{
    std::string const own_key(key); // The caller's may not outlive what is awaited here.
    std::int64_t const count = std::max<std::int64_t>(rule.count, 1);
    // Rounded up, and the burst counted in intervals, so that rounding never admits one more.
    microseconds const interval((microseconds(rule.window).count() + count - 1) / count);
    std::optional<redis::Reply> reply;
    if (rate_class != limits::RateClass::none) {
        std::vector<std::string> keys{"pollux:rate:" + std::string(name_of(rate_class)) + ":" + own_key};
        std::vector<std::string> arguments{std::to_string(interval.count()), std::to_string(count)};
        reply = co_await script_.run(std::move(keys), std::move(arguments), redis::Patience::little);
    }
    if (!reply || reply->list.size() != 3) co_return co_await alone_.take(rate_class, own_key, rule);

    limits::RateDecision decision;
    decision.policy = name_of(rate_class);
    decision.rule = rule;
    microseconds const until_full(reply->list[1].integer);
    decision.allowed = reply->list[0].integer == 1;
    decision.remaining = std::max<std::int64_t>((interval * count - until_full) / interval, 0);
    decision.reset = ceil<seconds>(until_full);
    if (!decision.allowed) decision.retry_after = ceil<seconds>(microseconds(reply->list[2].integer));
    co_return decision;
}

} // namespace pollux::bus
