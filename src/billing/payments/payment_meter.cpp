#include "billing/payments/payment_meter.hpp"

#include "ops/metrics.hpp"

namespace pollux::billing {
namespace {

std::string_view word_of(EventFate fate)
{
    switch (fate) {
    case EventFate::kept: return "kept";
    case EventFate::repeated: return "repeated";
    case EventFate::ignored: return "ignored";
    case EventFate::refused: return "refused";
    }
    return {};
}

ops::Counter alerts(PaymentAlert what)
{
    return {"pollux_payment_alerts_total",
            "Looks at a customer that found what an operator must see; the log names it (payment_alert).",
            {{"what", std::string(billing::word_of(what))}}};
}

ops::Counter events(EventFate fate)
{
    return {
        "pollux_payment_events_total", "Events of the payment provider, by what became of them.", {{"fate", std::string(word_of(fate))}}};
}

} // namespace

void count_event(EventFate fate)
{
    events(fate).add();
}

void count_alert(PaymentAlert what)
{
    alerts(what).add();
}

void show_figures()
{
    for (auto const fate : {EventFate::kept, EventFate::repeated, EventFate::ignored, EventFate::refused}) events(fate);
    using enum PaymentAlert;
    for (auto const what : {unknown_price, unknown_status, no_period, two_subscriptions, foreign_owner}) alerts(what);
}

} // namespace pollux::billing
