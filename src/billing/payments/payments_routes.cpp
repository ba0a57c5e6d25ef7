#include "billing/payments/payments_routes.hpp"

#include "http/router.hpp"

namespace pollux::billing {

POLLUX_DESCRIBE(OpenCheckout, (checkout_url, session_id))

namespace {

// All calls of the provider's in one request take 8 s at most, and our own work the rest: the answer is out before a client, or a proxy,
// gives up.
constexpr std::chrono::milliseconds request_time_max{9'000};
constexpr std::chrono::milliseconds own_time{1'000};

Steady::time_point provider_deadline(http::Request const& request)
{
    return request.deadline - own_time;
}

using Word = Text<1, 200>;
using Url = Text<1, return_url_bytes_max>;

struct BuyPlan {
    Word plan;
    std::optional<Word> price;
    std::optional<Url> return_url;
};
POLLUX_DESCRIBE(BuyPlan, (plan, price, return_url))

struct BuyPro {
    std::optional<Word> price;
    std::optional<Url> return_url;
};
POLLUX_DESCRIBE(BuyPro, (price, return_url))

struct StatusQuery {
    std::optional<Word> session_id;
};
POLLUX_DESCRIBE(StatusQuery, (session_id))

enum class PortalPage { cancel, change_plan, payment_method };
BOOST_DESCRIBE_ENUM(PortalPage, cancel, change_plan, payment_method)

struct AskForPortal {
    std::optional<PortalPage> flow;
    std::optional<Url> return_url;
};
POLLUX_DESCRIBE(AskForPortal, (flow, return_url))

Error not_configured()
{
    return {ErrorKind::unavailable, "billing_not_configured",
            "Nothing is sold here: the operator has set up no payments (STRIPE_SECRET_KEY)."};
}

template <class Given>
std::optional<std::string> text_of(std::optional<Given> given)
{
    if (!given) return std::nullopt;
    return std::move(given->value);
}

asio::awaitable<Result<OpenCheckout>> buy(PaymentsApi& api, http::Request const& request, std::string plan, std::optional<Word> price,
                                          std::optional<Url> return_url)
{
    if (!api.payments) co_return not_configured();
    auto key = request.idempotency_key();
    if (!key) co_return key.error();
    PaymentsService::Purchase purchase{std::move(plan), text_of(std::move(price)), text_of(std::move(return_url))};
    if (*key) purchase.key = {std::move(**key), idempotency::hash_request(request.method, request.path, request.body)};
    co_return co_await api.payments->buy(request.user(), std::move(purchase), provider_deadline(request));
}

asio::awaitable<Result<OpenCheckout>> buy_plan(PaymentsApi& api, http::Request const& request, BuyPlan body)
{
    return buy(api, request, std::move(body.plan.value), std::move(body.price), std::move(body.return_url));
}

asio::awaitable<Result<OpenCheckout>> buy_pro(PaymentsApi& api, http::Request const& request, BuyPro body)
{
    return buy(api, request, "pro", std::move(body.price), std::move(body.return_url));
}

asio::awaitable<Result<SubscriptionStatus>> show_status(PaymentsApi& api, http::Request const& request, Query<StatusQuery> query)
{
    if (!api.payments) {
        auto const tier = co_await api.tiers->tier_of(request.user());
        co_return SubscriptionStatus{.tier = tier.plan, .status = "none", .source = std::string(to_text(tier.source))};
    }
    co_return co_await api.payments->status(request.user(), text_of(std::move(query.value.session_id)), provider_deadline(request));
}

stripe::PortalFlow flow_of(std::optional<PortalPage> page)
{
    if (!page) return stripe::PortalFlow::none;
    switch (*page) {
    case PortalPage::cancel: return stripe::PortalFlow::cancel;
    case PortalPage::change_plan: return stripe::PortalFlow::change_plan;
    case PortalPage::payment_method: return stripe::PortalFlow::payment_method;
    }
    return stripe::PortalFlow::none;
}

asio::awaitable<Result<OpenPortal>> open_portal(PaymentsApi& api, http::Request const& request, AskForPortal body)
{
    if (!api.payments) co_return not_configured();
    co_return co_await api.payments->portal(request.user(), flow_of(body.flow), text_of(std::move(body.return_url)),
                                            provider_deadline(request));
}

asio::awaitable<Result<SubscriptionStatus>> cancel(PaymentsApi& api, http::Request const& request)
{
    if (!api.payments) co_return not_configured();
    co_return co_await api.payments->cancel(request.user(), provider_deadline(request));
}

asio::awaitable<Result<SubscriptionStatus>> reactivate(PaymentsApi& api, http::Request const& request)
{
    if (!api.payments) co_return not_configured();
    co_return co_await api.payments->reactivate(request.user(), provider_deadline(request));
}

struct EventTaken {
    bool received = true;
};
POLLUX_DESCRIBE(EventTaken, (received))

asio::awaitable<Result<EventTaken>> take_event(PaymentsApi& api, http::Request const& request, http::RawBody body)
{
    if (!api.webhook) co_return not_configured();
    std::string signature(request.header("Stripe-Signature").value_or(""));
    auto const taken = co_await api.webhook->take(std::move(signature), std::string(body.bytes), provider_deadline(request));
    if (!taken) co_return taken.error();
    co_return EventTaken{};
}

http::RouteOptions options(std::string_view id, std::string_view summary, std::vector<std::string_view> errors)
{
    return {.id = id,
            .summary = summary,
            .tag = "subscription",
            .limits = http::RateClass::create,
            .time_max = request_time_max,
            .errors = std::move(errors)};
}

} // namespace

void add_payments_routes(http::Router& router, PaymentsApi& api)
{
    auto buying = options("buyPlan", "Buy a plan; the answer names a page of the payment provider on which it is paid",
                          {"already_subscribed", "billing_not_configured", "payment_pending", "payment_provider_slow", "payment_refused",
                           "plan_not_sold", "idempotency_key_reused", "idempotency_in_progress"});
    buying.takes_idempotency_key = true;
    router.post("/subscription/checkout/", buy_plan, api, buying);
    buying.id = "buyPro";
    buying.summary = "Buy Pro; the same, for the plan pro";
    router.post("/subscription/pro/", buy_pro, api, buying);
    for (auto const* path : {"/subscribe/pro/", "/subscriptions/pro/"}) router.alias("POST", "/subscription/pro/", path);

    auto showing =
        options("showSubscription", "Show your subscription; with ?session_id= what that checkout has led to", {"session_not_found"});
    showing.limits = http::RateClass::read; // Asking the provider has a limit of its own.
    router.get("/subscription/status/", show_status, api, showing);
    router.alias("GET", "/subscription/status/", "/subscriptions/status/");

    std::vector<std::string_view> const of_changes{"billing_not_configured", "not_subscribed", "payment_provider_slow", "payment_refused"};
    router.post("/subscription/portal/", open_portal, api,
                options("openPortal",
                        "Open the portal; a page of the payment provider for changing the subscription, the card and the addresses",
                        of_changes));
    router.post("/subscription/cancel/", cancel, api,
                options("cancelSubscription", "Cancel the subscription; it ends with the period that is paid", of_changes));
    router.post("/subscription/reactivate/", reactivate, api,
                options("reactivateSubscription", "Keep the subscription; its cancellation is undone", of_changes));

    auto posted = http::raw_route("takePaymentEvent", "Take a payment event; Stripe posts its events here, signed", "subscription");
    posted.errors = {"billing_not_configured", "signature_missing", "signature_invalid", "signature_too_old"};
    router.post("/subscription/webhook/", take_event, api, posted);
    for (auto const* path : {"/webhook/stripe/", "/subscriptions/webhook/stripe/"}) router.alias("POST", "/subscription/webhook/", path);
}

} // namespace pollux::billing
