#include "accounts/sms/stop_rule.hpp"

#include <algorithm>

namespace pollux::accounts::sms {

bool is_stopped(Tally const& tally)
{
    constexpr std::int64_t percent = 100;
    auto const judged = tally.sent - std::min(tally.fresh, fresh_max);
    return judged >= judged_from && tally.used * percent < judged * used_percent_min;
}

} // namespace pollux::accounts::sms
