// When codes to a block of numbers, or to a country, stop: where nobody uses them, somebody asks for them to earn by the texts. No I/O.
#pragma once

#include <chrono>
#include <cstdint>

namespace pollux::accounts::sms {

struct Tally;

struct StopRule {
    std::int64_t judged_from = 20;      // Codes in 24 hours: of fewer nothing can be said.
    std::int64_t used_percent_min = 20; // Of them; 0: nothing is ever stopped.
};

constexpr std::chrono::minutes time_to_use{2}; // So long nobody can be expected to have typed a code.
constexpr std::int64_t fresh_max = 20;         // More than so many at once are judged at once.

bool is_stopped(Tally const& tally, StopRule const& rule);

} // namespace pollux::accounts::sms
