// What the provider posts. It is answered once it is stored together with the task that follows from it; all else is done by that task.
// Source: docs.stripe.com/webhooks.
#pragma once

#include "base/error.hpp"
#include "billing/payments/account.hpp"
#include "billing/payments/event_store.hpp"
#include "billing/stripe/signature.hpp"
#include "ops/once_a_minute.hpp"
#include "tasks/bell.hpp"
#include "tasks/seal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing {

class Webhook {
public:
    // `secrets`: of the endpoint, whole; several while they change. All references must outlive this.
    Webhook(db::Database& database, stripe::Mode mode, PaymentAccount& account, std::vector<std::string> secrets, tasks::Seal seal,
            tasks::Bell const& bell, Clock const& clock)
        : store_(database), mode_(mode), account_(account), secrets_(std::move(secrets)), seal_(std::move(seal)), bell_(bell), clock_(clock)
    {}

    // `body`: the bytes as they came. Errors: signature_missing, signature_invalid, signature_too_old; of the last two the log has a line a
    // minute. What was rightly signed and is of no use to us is no error: the provider would send it again for days, and switch the
    // endpoint off.
    asio::awaitable<Result<void>> take(std::string signature, std::string body, Steady::time_point deadline);

private:
    void log_refused(stripe::SignatureVerdict verdict, Error const& error);

    EventStore store_;
    stripe::Mode mode_;
    PaymentAccount& account_;
    std::vector<std::string> const secrets_;
    tasks::Seal seal_;
    tasks::Bell const& bell_;
    Clock const& clock_;
    ops::OnceAMinute refused_line_;
};

} // namespace pollux::billing
