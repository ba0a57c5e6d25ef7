// When codes to a block of numbers, or to a country, stop: where nobody uses them, somebody asks for them to earn by the texts. No I/O.
#pragma once

#include "accounts/sms/sms_log_store.hpp"

namespace pollux::accounts::sms {

constexpr std::int64_t judged_from = 20;       // Codes in 24 hours: of fewer nothing can be said.
constexpr std::int64_t used_percent_min = 20;  // Of them.
constexpr std::chrono::minutes time_to_use{2}; // So long nobody can be expected to have typed a code.
constexpr std::int64_t fresh_max = 20;         // More than so many at once are judged at once.

bool is_stopped(Tally const& tally);

} // namespace pollux::accounts::sms
