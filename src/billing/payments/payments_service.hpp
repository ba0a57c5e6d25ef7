// What a user may do about money: buy, see what was bought, change it, end it and undo that. It asks the provider within the request and
// never for longer than the request may take; what it changes there is then fetched like everything else.
#pragma once

#include "base/json.hpp"
#include "billing/payments/checkout.hpp"
#include "billing/payments/customer_sync.hpp"
#include "billing/payments/return_urls.hpp"
#include "billing/payments/subscription_store.hpp"
#include "billing/stripe/checkout_decision.hpp"
#include "idempotency/idempotency.hpp"
#include "limits/rate_limiter.hpp"

#include <optional>
#include <string>

namespace pollux::billing {

struct SubscriptionStatus {
    std::string tier;
    std::string status; // "none", "pending" while a session is open, else the provider's word.
    std::optional<std::string> plan;
    std::optional<std::string> price;
    std::optional<Time> current_period_end;
    std::optional<Time> cancels_at;
    std::optional<Time> grace_until;
    std::int64_t other_subscriptions = 0; // Further ones that live: each is charged, and none is cancelled unasked.
    std::string source;                   // Of the tier: "none", "stripe", "admin", "demo".
    std::optional<std::string> publishable_key;
};
POLLUX_DESCRIBE(SubscriptionStatus,
                (tier, status, plan, price, current_period_end, cancels_at, grace_until, other_subscriptions, source, publishable_key))

struct OpenPortal {
    std::string url;
};
POLLUX_DESCRIBE(OpenPortal, (url))

struct PaymentsOptions {
    ReturnUrls return_urls;
    std::optional<std::string> publishable_key;
};

class PaymentsService {
public:
    // All must outlive this.
    struct Parts {
        db::Database& database;
        stripe::Api const& api;
        PaymentAccount& account;
        Installation& installation;
        Checkout& checkout;
        Portal& portal;
        CustomerSync& sync;
        Tiers& tiers;
        limits::RateLimiter& limiter;
        Clock const& clock;
    };
    PaymentsService(Parts parts, PaymentsOptions options);

    struct Purchase {
        std::string plan;
        std::optional<std::string> price;
        std::optional<std::string> return_url;
        std::optional<idempotency::Key> key{}; // Of the client's.
    };
    // Who asks twice is handed the same session for as long as it is open, with a key or without: what stands at the provider decides. A
    // key tells a repetition from another request. Errors: as of Checkout::open, and idempotency_key_reused, idempotency_in_progress.
    asio::awaitable<Result<OpenCheckout>> buy(UserId user, Purchase purchase, Steady::time_point deadline);

    // `session`: one of the user's own; the provider is then asked first, so that who comes back from paying sees it at once. Ten times a
    // minute; a tab that asks more often is answered with what is known.
    // Errors: session_not_found.
    asio::awaitable<Result<SubscriptionStatus>> status(UserId user, std::optional<std::string> session, Steady::time_point deadline);

    // Errors: not_subscribed, payment_provider_slow, payment_refused.
    asio::awaitable<Result<OpenPortal>> portal(UserId user, stripe::PortalFlow flow, std::optional<std::string> return_url,
                                               Steady::time_point deadline);

    // At the period's end, and the undoing of that. Doing it twice is doing it once. Errors: not_subscribed, nothing_to_undo, and as above.
    asio::awaitable<Result<SubscriptionStatus>> cancel(UserId user, Steady::time_point deadline);
    asio::awaitable<Result<SubscriptionStatus>> reactivate(UserId user, Steady::time_point deadline);

    enum class Wanted { goes_on, ends }; // Which of two that live is meant: to be cancelled, or to be kept after all.

private:
    asio::awaitable<Result<OpenCheckout>> open_checkout(UserId user, Purchase purchase, Steady::time_point deadline);
    asio::awaitable<Result<bool>> is_repeated(UserId user, idempotency::Key key);
    asio::awaitable<Result<void>> keep(UserId user, idempotency::Key key);
    asio::awaitable<bool> may_ask(UserId user);
    asio::awaitable<Result<void>> look_up(UserId user, PaymentScope scope, std::string session, Steady::time_point deadline);
    asio::awaitable<SubscriptionStatus> current(UserId user, std::optional<PaymentScope> scope);

    // Of the user's subscriptions that live the one that is shown, fetched afresh.
    struct Live {
        PaymentScope scope;
        std::string customer;
        stripe::Subscription subscription;
    };
    asio::awaitable<Result<Live>> live(UserId user, Wanted wanted, Steady::time_point deadline);
    asio::awaitable<Error> gone(std::string customer, Steady::time_point deadline);
    asio::awaitable<Result<SubscriptionStatus>> settled(UserId user, Live live, stripe::Change<stripe::Subscription> change,
                                                        Steady::time_point deadline);
    asio::awaitable<Result<SubscriptionStatus>> fetched(UserId user, Live live, Steady::time_point deadline);

    Parts parts_;
    PaymentsOptions options_;
    CustomerStore customers_;
    SubscriptionStore subscriptions_;
    CheckoutStore checkouts_;
    PriceStore prices_;
};

} // namespace pollux::billing
