#include "billing/stripe/entitling.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace pollux::billing::stripe {
namespace {

constexpr std::array<std::string_view, 5> words_without_a_plan{"incomplete", "incomplete_expired", "unpaid", "paused", "canceled"};

// Money that is missing and may still come: from the day on which it was due.
Entitling with_grace(Time due, Time period_end, std::chrono::days grace)
{
    auto const grace_end = due + grace;
    return {std::min(grace_end, period_end + renewal_slack), grace_end};
}

// Since when its money is missing.
std::optional<Time> open_since(Subscription const& subscription)
{
    std::optional<Time> since;
    auto const add = [&](Invoice const& invoice) {
        if (invoice.status == "open" && invoice.opened) since = std::min(since.value_or(*invoice.opened), *invoice.opened);
    };
    if (subscription.latest_invoice) add(*subscription.latest_invoice);
    for (auto const& invoice : subscription.earlier_invoices) add(invoice);
    return since;
}

// A bank debit makes a subscription active before the money has come, and leaves it active when the money never comes: only the invoice
// tells. Source: docs.stripe.com/billing/subscriptions/overview.
Entitling of_active(Subscription const& subscription, Time period_end, std::chrono::days grace)
{
    if (is_lost(subscription)) return {};
    auto const since = open_since(subscription);
    return since ? with_grace(*since, period_end, grace) : Entitling{period_end + renewal_slack, std::nullopt};
}

// A change in mid-period has an invoice of its own: what it asks for was not due before. All others are due with the period.
std::optional<Time> due_of_past_due(Subscription const& subscription)
{
    auto const start = subscription.period_start();
    auto const& invoice = subscription.latest_invoice;
    bool const is_of_change = invoice && invoice->status == "open" && invoice->reason == "subscription_update";
    return start && is_of_change && invoice->opened ? std::max(*start, *invoice->opened) : start;
}

} // namespace

Entitling entitling(Subscription const& subscription, std::chrono::days grace, std::optional<Time> unpaid_since)
{
    auto const& status = subscription.status;
    bool const is_active = status == "active" || status == "trialing";
    if (!is_active && status != "past_due") {
        if (subscription.is_paid_after_all) return {subscription.period_end(), std::nullopt}; // Nothing is renewed: no slack.
        bool const is_known = std::ranges::find(words_without_a_plan, status) != words_without_a_plan.end();
        return {std::nullopt, std::nullopt, is_known ? Doubt::none : Doubt::word_unknown};
    }
    auto const period_end = subscription.period_end();
    if (!period_end) return {std::nullopt, std::nullopt, Doubt::no_end};
    if (is_active) return of_active(subscription, *period_end, grace);
    auto due = due_of_past_due(subscription);
    if (!due) return {std::nullopt, std::nullopt, Doubt::no_end};
    if (unpaid_since) due = std::min(*due, *unpaid_since);
    auto answer = with_grace(*due, *period_end, grace);
    answer.unpaid_since = due;
    return answer;
}

bool tells_of_period(Invoice const& invoice)
{
    if (invoice.reason == "subscription_create") return true; // There is none before it.
    return invoice.reason != "subscription_update" && (invoice.status != "paid" || invoice.took_money);
}

bool was_never_paid(Subscription const& subscription, Invoice const& invoice)
{
    bool const is_void = invoice.status == "void";
    if (!is_void && invoice.status != "uncollectible") return false;
    bool const is_forgiven = is_void && invoice.reason == "subscription_update";
    bool const was_charged_to_nobody = subscription.is_charged && !invoice.was_tried;
    return !is_forgiven && !was_charged_to_nobody;
}

bool is_paid_by(Subscription const& subscription, std::string_view invoice)
{
    if (subscription.latest_invoice && subscription.latest_invoice->id == invoice) return true;
    return std::ranges::any_of(subscription.earlier_invoices, [&](auto const& one) { return one.id == invoice; });
}

bool is_lost(Subscription const& subscription)
{
    if (subscription.status != "active" && subscription.status != "trialing") return false;
    auto const is_unpaid = [&](Invoice const& invoice) { return was_never_paid(subscription, invoice); };
    return (subscription.latest_invoice && is_unpaid(*subscription.latest_invoice)) ||
           std::ranges::any_of(subscription.earlier_invoices, is_unpaid);
}

std::optional<Time> cancels_at(Subscription const& subscription)
{
    if (subscription.cancel_at) return subscription.cancel_at;
    return subscription.cancels_at_period_end ? subscription.period_end() : std::nullopt;
}

} // namespace pollux::billing::stripe
