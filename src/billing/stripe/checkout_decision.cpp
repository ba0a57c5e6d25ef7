#include "billing/stripe/checkout_decision.hpp"

#include "billing/stripe/entitling.hpp"

#include <algorithm>

namespace pollux::billing::stripe {
namespace {

bool is_paid_up(Subscription const& subscription)
{
    return subscription.status == "active" || subscription.status == "trialing";
}

bool lacks_money(Subscription const& subscription)
{
    return subscription.status == "past_due" || subscription.status == "unpaid" || subscription.status == "paused";
}

CheckoutDecision refuse(Subscription const& subscription, std::string_view price)
{
    auto flow = PortalFlow::none;
    bool const has_price = std::ranges::any_of(subscription.items, [&](auto const& item) { return item.price == price; });
    if (is_paid_up(subscription) && !has_price) flow = PortalFlow::change_price;
    if (lacks_money(subscription)) flow = PortalFlow::payment_method;
    return {CheckoutStep::refuse, flow, &subscription};
}

} // namespace

bool is_over_word(std::string_view status)
{
    return status == "canceled" || status == "incomplete_expired";
}

// `incomplete` is a first payment that failed: its session can still be paid, and without one it ends by itself after 23 hours.
bool is_live_word(std::string_view status)
{
    return !is_over_word(status) && status != "incomplete";
}

bool is_live(Subscription const& subscription)
{
    return is_live_word(subscription.status);
}

CheckoutDecision decide_checkout(std::span<Subscription const> subscriptions, std::optional<RememberedSession> const& remembered,
                                 WantedPrice wanted)
{
    // One that is paid up before one that is not: that is what the user has.
    auto found = std::ranges::find_if(subscriptions, [](auto const& one) { return is_paid_up(one) && !is_lost(one); });
    if (found == subscriptions.end())
        found = std::ranges::find_if(subscriptions, [](auto const& one) { return is_live(one) && !is_lost(one); });
    if (found != subscriptions.end()) return refuse(*found, wanted.price);
    auto const is_for_plan = [&](auto const& item) { return wanted.plan_of_price.contains(item.price); };
    found =
        std::ranges::find_if(subscriptions, [&](auto const& one) { return is_lost(one) && std::ranges::any_of(one.items, is_for_plan); });
    if (found != subscriptions.end()) return {CheckoutStep::end, PortalFlow::none, &*found};
    if (!remembered || remembered->session.status == "expired") return {CheckoutStep::create};
    if (remembered->session.status == "open") return {remembered->price == wanted.price ? CheckoutStep::hand_out : CheckoutStep::expire};
    // Complete, and its subscription is among those that were fetched, and over.
    auto const& bought = remembered->session.subscription;
    auto const known = std::ranges::find_if(subscriptions, [&](auto const& one) { return one.id == bought; });
    if (known == subscriptions.end()) return {bought.empty() ? CheckoutStep::create : CheckoutStep::look_again};
    bool const is_on_its_way = known->status == "incomplete" && remembered->session.payment_status == "unpaid";
    return {is_on_its_way ? CheckoutStep::wait : CheckoutStep::create};
}

} // namespace pollux::billing::stripe
