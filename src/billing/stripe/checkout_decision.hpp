// What to do for a user who wants to buy: a function without I/O. The caller fetches the customer's subscriptions and then the session that
// it remembers, in this order, does what is said, and asks again after `expire` and `look_again`.
#pragma once

#include "billing/stripe/objects.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>

namespace pollux::billing::stripe {

enum class CheckoutStep {
    create,     // Nothing is in the way.
    hand_out,   // The session that is open already.
    expire,     // It is open for another price: only one may be payable.
    look_again, // It was completed since the subscriptions were fetched.
    wait,       // It was completed, and its money is on its way, as with a bank debit.
    end,        // There is a subscription whose money will never come, and which nobody can pay any more: it is in the way of the next.
    refuse,     // There is a subscription: the portal is where to go.
};

// Which page of the portal helps.
enum class PortalFlow {
    none,
    change_price,   // subscription_update_confirm, to the wanted price.
    payment_method, // payment_method_update: money is missing.
    change_plan,    // subscription_update: to any price that the portal offers.
    cancel,         // subscription_cancel.
};

struct CheckoutDecision {
    CheckoutStep step = CheckoutStep::create;
    PortalFlow flow = PortalFlow::none; // Of `refuse`, and the subscription that it, or `end`, is about.
    Subscription const* subscription = nullptr;
};

struct RememberedSession {
    CheckoutSession session; // As fetched.
    std::string price;       // That it was made for.
};

struct WantedPrice {
    std::string_view price;
    std::map<std::string, std::string> const& plan_of_price; // Of all that is, or was, sold as a plan.
};

// What was lost of something else than a plan is sold by somebody else: neither in the way, nor ended.
CheckoutDecision decide_checkout(std::span<Subscription const> subscriptions, std::optional<RememberedSession> const& remembered,
                                 WantedPrice wanted);

// Nothing follows any more: it was canceled, or its first payment never came.
bool is_over_word(std::string_view status);

// Whether it is one that a second one must not stand beside. Words that this version does not know count as such.
bool is_live(Subscription const& subscription);
bool is_live_word(std::string_view status);

} // namespace pollux::billing::stripe
