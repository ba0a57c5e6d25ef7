// The events that Pollux wants to hear of: what the webhook endpoint is made with, and what a walk of the events list asks for.
#pragma once

#include <array>
#include <string_view>

namespace pollux::billing::stripe {

// At most 20, as the events list takes them.
inline constexpr std::array<std::string_view, 20> event_types{
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "invoice.finalization_failed",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.closed",
    "refund.updated", // What was on its way has arrived.
    "refund.failed",
};

} // namespace pollux::billing::stripe
