#include "billing/payments/webhook.hpp"

#include "base/failpoint.hpp"
#include "billing/payments/payment_meter.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "ops/log.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace pollux::billing {
namespace {

using stripe::SignatureVerdict;

Result<void> check(SignatureVerdict verdict, stripe::Mode mode)
{
    switch (verdict) {
    case SignatureVerdict::right: return {};
    case SignatureVerdict::absent: return malformed("signature_missing", "The header Stripe-Signature is missing: only Stripe posts here.");
    case SignatureVerdict::too_old:
        return malformed("signature_too_old", "The signature is over five minutes old: is the clock of this server, or of yours, right?");
    case SignatureVerdict::malformed:
    case SignatureVerdict::wrong: break;
    }
    bool const is_demo = mode == stripe::Mode::demo;
    return malformed("signature_invalid", is_demo ? "The signature is not of this body by the demo: nobody else posts here."
                                                  : "The signature is not of this body by a secret of STRIPE_WEBHOOK_SECRET.");
}

std::optional<stripe::Event> event_in(std::string const& body)
{
    boost::system::error_code failed;
    auto const parsed = boost::json::parse(body, failed);
    auto const* object = failed ? nullptr : parsed.if_object();
    return object ? stripe::read_event(*object) : std::nullopt;
}

} // namespace

// A post without any signature is a stranger's; one whose signature is not right may be Stripe's, and a setting or a clock be wrong.
void Webhook::log_refused(SignatureVerdict verdict, Error const& error)
{
    if (verdict == SignatureVerdict::absent || !refused_line_.is_due()) return;
    ops::log(ops::Level::warning, "payment_signature_refused",
             {{"code", error.code()},
              {"setting", verdict == SignatureVerdict::too_old ? "" : "STRIPE_WEBHOOK_SECRET"},
              {"reason", error.message()}});
}

asio::awaitable<Result<void>> Webhook::take(std::string signature, std::string body, Steady::time_point deadline)
{
    auto const verdict = stripe::judge_signature(signature, body, secrets_, clock_.now());
    auto const checked = check(verdict, mode_);
    if (!checked) {
        count_event(EventFate::refused);
        log_refused(verdict, checked.error());
        co_return checked.error();
    }
    auto const event = event_in(body);
    if (!event) {
        ops::log(ops::Level::warning, "payment_event_unreadable");
        co_return Result<void>();
    }
    auto scope = co_await account_.scope(deadline);
    if (!scope)
        co_return unavailable("payment_provider_slow", "Which account this is for is not known yet; send it again.",
                              std::chrono::seconds(5));
    bool const is_foreign =
        event->is_live != (mode_ == stripe::Mode::live) || (!event->account.empty() && event->account != scope->account);
    if (is_foreign) scope.reset();
    auto const stored = co_await store_.store(*event, seal_.close(body), std::move(scope));
    failpoint("payment_event_after_commit");
    count_event(!stored.is_new ? EventFate::repeated : stored.is_ours ? EventFate::kept : EventFate::ignored);
    if (stored.is_new) bell_.ring(sync_customer_task);
    ops::log(ops::Level::info, "payment_event",
             {{"event", event->id}, {"type", event->type}, {"new", stored.is_new ? 1 : 0}, {"ours", stored.is_ours ? 1 : 0}});
    co_return Result<void>();
}

} // namespace pollux::billing
