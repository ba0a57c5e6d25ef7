// Which limits hold for which class of routes. A class may count per user, per address (IPv6: per /64), or both; a request must then
// pass both.
#pragma once

#include "base/error.hpp"
#include "limits/rate_limiter.hpp"

#include <optional>
#include <string_view>

namespace pollux::limits {

struct ClassRules {
    std::optional<RateRule> per_user; // For requests with a token; a plan may hold another for RateClass::send.
    std::optional<RateRule> per_address;
};

struct RateRules {
    ClassRules auth;
    ClassRules otp;
    ClassRules send;
    ClassRules create;
    ClassRules read;
    ClassRules webhook;
    std::optional<RateRule> plan; // All requests of a user, instead of what the plan says.

    // Both empty for RateClass::none.
    ClassRules of(RateClass rate_class) const;
};

std::string_view name_of(RateClass rate_class); // "send"
// The rule's name where it counts per address: "send_address", but "auth", which counts no other way.
std::string_view address_policy(RateClass rate_class);

RateRules built_in_rate_rules();

// Replaces one rule by its name: "auth", "otp", "webhook" (per address), "send", "create", "read" (per user), "send_address",
// "create_address", "read_address". Count 1 to 1,000,000, window 1 s to 24 h. The message of the error (kind invalid) says what is wrong
// with the name or the numbers.
Result<void> set_rate_rule(RateRules& rules, std::string_view name, RateRule rule);

} // namespace pollux::limits
