// Which plan a user has, and until when: a function of what is known, without I/O.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing {

// Where a plan comes from. none: everybody has it.
enum class TierSource { none, stripe, demo, admin };

std::string_view to_text(TierSource source);

// Something that entitles to a plan.
struct TierClaim {
    std::string plan;
    std::int64_t rank = 0;
    std::optional<Time> until; // The first microsecond at which it does not hold any more; without one: no end is known.
    TierSource source = TierSource::none;
};

struct Tier {
    std::string plan;
    std::optional<Time> until; // When time alone may change it. It may then be the same plan by another claim.
    TierSource source = TierSource::none;

    bool operator==(Tier const&) const = default;
};

// The plan of the highest rank among the claims that hold at `now`; of equal ranks the one that lasts longer, then what was paid for, then
// by name, so that all who judge the same claims say the same. `basic` when none holds.
Tier judge_tier(std::vector<TierClaim> const& claims, Time now);

} // namespace pollux::billing
