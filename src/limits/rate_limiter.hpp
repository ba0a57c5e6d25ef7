// How often a client may come: GCRA (the generic cell rate algorithm) per route class and key. In one process, or
// with Redis over all nodes.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::limits {

namespace asio = boost::asio;

// plan: all of a user's; call: of a model or the payment provider, not a route.
enum class RateClass { none, auth, otp, send, create, read, webhook, plan, call };

// `count` within `window`, all of them at once if the client likes, then one every window / count.
struct RateRule {
    std::int64_t count = 60;
    std::chrono::seconds window{60};
};

struct RateDecision {
    bool allowed = true;
    std::string_view policy; // "send": names the rule that decided, for the RateLimit headers.
    RateRule rule;
    std::int64_t remaining = 0;
    std::chrono::seconds reset{0};       // Until the full count is there again.
    std::chrono::seconds retry_after{0}; // Obeying it works.
};

class RateLimiter {
public:
    virtual ~RateLimiter() = default;

    // Takes one from `key`'s budget for `rule` if it is there.
    virtual asio::awaitable<RateDecision> take(RateClass rate_class, std::string_view key, RateRule rule) = 0;
};

} // namespace pollux::limits
