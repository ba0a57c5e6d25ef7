// How texts move on and how their reports travel: what POST /_sim/report_plan changes.
#pragma once

#include "range.hpp"

#include <set>

namespace pollux::sims::sms {

struct ReportPlan {
    enum class Mode { send, hold, drop };

    Mode mode = Mode::send;
    Range queue_ms{0, 0};       // From taken to sent.
    Range step_ms{0, 0};        // From sent to delivered or undelivered.
    Range copies{1, 1};         // How often each report comes,
    Range delay_ms{0, 0};       // and how long each of them is on its way.
    std::set<std::string> lost; // Reports of these statuses never come.
    std::size_t parallel = 8;   // So many at once.
    std::size_t retries = 0;    // After an answer that is not 2xx, or none.
    Range retry_ms{100, 100};
    std::size_t timeout_ms = 15'000;
    std::string deliver_to; // An origin that is spoken to instead of that of StatusCallback; the latter is what is signed.
    std::string shared_key; // Signs with HMAC-SHA256, as Twilio's shared keys do; empty: the account's token, with HMAC-SHA1.

    ReportPlan changed(json::object const& how) const; // Throws std::invalid_argument for what is wrong.
    json::object describe() const;
};

} // namespace pollux::sims::sms
