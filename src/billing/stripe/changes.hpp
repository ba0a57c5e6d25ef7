// What is changed at Stripe: the exact parameters of each change, and what came of it. A change with an operation may be repeated as often
// as one likes: Stripe does it once and answers the same.
#pragma once

#include "billing/stripe/api.hpp"
#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/objects.hpp"

#include <optional>
#include <string>

namespace pollux::billing::stripe {

// What came of a change.
enum class Changed {
    yes,
    no,      // Stripe refused it, and would again.
    missing, // What it names is not there (any more), in this mode.
    unknown, // Not known, or not done for now: the same change may be repeated.
};

template <class T>
struct Change {
    Changed changed = Changed::unknown;
    T value{};          // Of `yes`.
    std::string code;   // Stripe's, of `no`; may be empty.
    std::string detail; // For operators.

    // Of `unknown`: Stripe failed at it, and keeps that failure for the operation, or takes its key for another one's. It may have been
    // done, and to repeat it tells nothing.
    bool is_spent = false;
    // Of `no`: for want of a key, or of a right. Whether an earlier call of the operation has done it is not said.
    bool is_barred = false;
};

// Our name, so that of two installations on one account none takes the other's for its own. Nothing of the user but its id goes to Stripe.
Form customer_form(Owner const& owner);
asio::awaitable<Change<std::string>> make_customer(Api const& api, Form form, std::string operation, Steady::time_point deadline);

struct SessionWish {
    Owner owner;
    std::string operation; // Is written on it, so that it can be found when its making told nothing.
    std::string customer;
    std::string price;
    std::string success_url; // May hold {CHECKOUT_SESSION_ID}.
    std::string cancel_url;
    bool automatic_tax = false;
    bool promotion_codes = false;
    std::optional<std::int64_t> trial_days;
};
Form session_form(SessionWish const& wish);
asio::awaitable<Change<CheckoutSession>> make_session(Api const& api, Form form, std::string operation, Steady::time_point deadline);
asio::awaitable<Change<CheckoutSession>> expire_session(Api const& api, std::string id, Steady::time_point deadline);

// The portal's URL. Where Stripe refuses the flow, the plain portal.
struct PortalWish {
    std::string customer;
    std::string return_url;
    PortalFlow flow = PortalFlow::none;
    Subscription const* subscription = nullptr; // Of every flow but payment_method; without it, the plain portal.
    std::string price;                          // Of flow change_price.
    std::string configuration{};                // Empty: the account's default.
};
asio::awaitable<Change<std::string>> open_portal(Api const& api, PortalWish wish, std::string operation, Steady::time_point deadline);

// At the period's end; and its undoing, in either of the two ways in which it may have been cancelled.
asio::awaitable<Change<Subscription>> cancel_at_period_end(Api const& api, std::string id, std::string operation,
                                                           Steady::time_point deadline);
asio::awaitable<Change<Subscription>> reactivate(Api const& api, Subscription subscription, std::string operation,
                                                 Steady::time_point deadline);

// Notes on it the payment for whose return it is about to be ended (Subscription::went_back). May be repeated.
asio::awaitable<Change<Subscription>> note_went_back(Api const& api, std::string id, std::string payment_intent,
                                                     Steady::time_point deadline);

// At once. One that is over already counts as done. The customer whose it was; empty: it is not there any more.
asio::awaitable<Change<std::string>> cancel_now(Api const& api, std::string id, Steady::time_point deadline);

} // namespace pollux::billing::stripe
