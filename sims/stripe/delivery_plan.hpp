// How webhooks are delivered: at once, held back or lost; how often, how late, how many at a time, how they are tried again.
#pragma once

#include "range.hpp"

#include <span>

namespace pollux::sims::stripe {

struct DeliveryPlan {
    enum class Mode { send, hold, drop };
    enum class Schedule {
        stripe, // After hours by the simulator's clock: retry_gaps().
        machine // `retries` times, each after retry_ms of the machine's.
    };

    Mode mode = Mode::send;
    Range copies = {1, 1};
    Range delay_ms = {0, 0};
    std::size_t parallel = 8;
    Schedule schedule = Schedule::stripe;
    std::size_t retries = 3; // After the first try.
    Range retry_ms = {200, 1000};
    std::size_t timeout_ms = 10'000;
    bool is_simulated_time = false; // Signed with the simulator's clock, not the machine's.

    DeliveryPlan changed(json::object const& how) const; // Throws StripeError for what is wrong in it.
    json::object describe() const;
};

// Seconds between the attempts to deliver, the first one to the second and so on, in live or in test mode.
std::span<std::int64_t const> retry_gaps(bool is_live);

} // namespace pollux::sims::stripe
