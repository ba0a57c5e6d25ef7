#include "accounts/sms/stop_rule.hpp"

#include "accounts/sms/sms_log_store.hpp"

#include <algorithm>

namespace pollux::accounts::sms {

bool is_stopped(Tally const& tally, StopRule const& rule)
{
    constexpr std::int64_t percent = 100;
    auto const judged = tally.sent - std::min(tally.fresh, fresh_max);
    return judged >= rule.judged_from && tally.used * percent < judged * rule.used_percent_min;
}

} // namespace pollux::accounts::sms
