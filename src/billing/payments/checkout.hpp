// Somebody wants to buy: one customer for ever, one session that can be paid, one subscription, whoever clicks how often and whatever dies
// in between. Each request takes up what the one before it left, and ends within the time it is given.
#pragma once

#include "base/error.hpp"
#include "billing/payments/account.hpp"
#include "billing/payments/checkout_store.hpp"
#include "billing/payments/customer_store.hpp"
#include "billing/payments/installation.hpp"
#include "billing/payments/portal.hpp"
#include "billing/payments/price_store.hpp"
#include "billing/stripe/changes.hpp"

#include <string>

namespace pollux::billing {

struct CheckoutOptions {
    bool automatic_tax = false;
    bool promotion_codes = false;
    std::optional<std::int64_t> trial_days;
};

struct CheckoutWish {
    UserId user;
    std::string plan;
    std::optional<std::string> price; // One of the plan's that are sold; else the first of them.
    std::string success_url;          // May hold {CHECKOUT_SESSION_ID}.
    std::string cancel_url;
};

struct OpenCheckout {
    std::string checkout_url;
    std::string session_id;
};

class Checkout {
public:
    // All references must outlive this.
    Checkout(db::Database& database, stripe::Api const& api, PaymentAccount& account, Installation& installation, Portal& portal,
             CheckoutOptions options)
        : database_(database), api_(api), account_(account), installation_(installation), portal_(portal), store_(database),
          customers_(database), prices_(database), operations_(database), options_(options)
    {}

    // Errors: plan_not_sold, invalid_input (price), already_subscribed (with the portal's URL), payment_pending, payment_provider_slow,
    // payment_refused.
    asio::awaitable<Result<OpenCheckout>> open(CheckoutWish wish, Steady::time_point deadline);

    // The user's customer, made if there is none.
    asio::awaitable<Result<std::string>> customer(UserId user, PaymentScope scope, Steady::time_point deadline);

private:
    struct Going; // One request on its way.

    // The page that the user has open for a price that is sold no more: nobody is to buy by it. False: it may be open still.
    asio::awaitable<bool> close_unsold(UserId user, PaymentScope scope, Steady::time_point deadline);

    db::Database& database_;
    stripe::Api const& api_;
    PaymentAccount& account_;
    Installation& installation_;
    Portal& portal_;
    CheckoutStore store_;
    CustomerStore customers_;
    PriceStore prices_;
    OperationStore operations_;
    CheckoutOptions options_;
};

} // namespace pollux::billing
