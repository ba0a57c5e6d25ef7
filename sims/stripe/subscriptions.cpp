#include "stripe/subscriptions.hpp"

#include "stripe/customers.hpp"
#include "stripe/errors.hpp"
#include "stripe/list.hpp"
#include "stripe/subscription_change.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

json::object create(Ask& ask)
{
    auto& world = ask.world;
    auto const& params = ask.params;
    auto const customer_id = text_of(params, "customer");
    if (customer_id.empty()) throw missing_param("customer");
    auto& customer = world.need("customer", customer_id, "customer");
    auto const* items = array_in(params, "items");
    NewSubscription asked;
    if (items) asked.items = *items;
    auto const days = number_of(params, "trial_period_days");
    auto const* trial_end = params.if_contains("trial_end");
    if (days > 0 && trial_end) throw invalid("You may only specify one of these parameters: trial_end, trial_period_days.", "trial_end");
    if (days > 0) asked.trial_end = world.now() + days * day;
    if (trial_end && trial_end->is_int64()) asked.trial_end = trial_end->get_int64();
    copy_given(asked.fields, params, "description trial_settings default_payment_method");
    asked.fields["billing_mode"] = billing_mode_of(object_in(params, "billing_mode"));
    merge_metadata(asked.fields, params);

    auto const behavior = text_of(params, "payment_behavior");
    bool const is_trial = asked.trial_end > world.now();
    bool const can_pay =
        has_value(params, "default_payment_method") || !text_at(customer.body, "invoice_settings.default_payment_method").empty();
    if (!can_pay && !is_trial && behavior != "default_incomplete")
        throw invalid(
            "This customer has no attached payment source or default payment method. Please consider adding a default payment method. "
            "For more information, visit https://docs.stripe.com/billing/subscriptions/payment-methods-setting#payment-method-priority.",
            "", "resource_missing");
    if (behavior == "default_incomplete") asked.first = First::processing_incomplete;
    if (behavior == "error_if_incomplete" && !is_trial && outcome_of(customer) == Outcome::fails) throw card_declined();
    auto& subscription = make_subscription(customer, std::move(asked));
    if (params.contains("cancel_at") || params.contains("cancel_at_period_end")) {
        json::object change;
        copy_given(change, params, "cancel_at cancel_at_period_end");
        update_subscription(subscription, change);
    }
    return subscription.body;
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("subscription", ask.ids.front()).body;
}

json::object update(Ask& ask)
{
    auto& subscription = ask.world.need("subscription", ask.ids.front());
    update_subscription(subscription, ask.params);
    return subscription.body;
}

json::object cancel(Ask& ask)
{
    auto& subscription = ask.world.need("subscription", ask.ids.front());
    if (is_ended(subscription)) throw no_such("subscription", ask.ids.front(), 404, "id", false, ask.world.live);
    auto const session = text_of(subscription.hidden, "session");
    if (!session.empty() && status_of(subscription) == "incomplete")
        throw invalid("This subscription is `incomplete` and managed by the Checkout Session " + session +
                      ", so it can't be canceled. Expire the Checkout Session instead.");
    take_cancellation_details(subscription, ask.params);
    cancel_now(subscription, "cancellation_requested");
    return subscription.body;
}

json::object pause(Ask& ask)
{
    auto& subscription = ask.world.need("subscription", ask.ids.front());
    if (text_at(subscription.body, "billing_mode.type") != "flexible")
        throw invalid("This subscription can't be paused because its billing mode is `classic`. Only subscriptions with "
                      "`billing_mode[type]=flexible` can be paused.");
    auto const status = status_of(subscription);
    if (status != "active" && status != "trialing")
        throw invalid("This subscription can't be paused because its status is `" + status + "`.");
    pause_now(subscription, "pause_requested");
    return subscription.body;
}

json::object resume(Ask& ask)
{
    auto& subscription = ask.world.need("subscription", ask.ids.front());
    if (status_of(subscription) != "paused")
        throw invalid("Subscriptions can only be resumed if they are paused. This subscription's status is `" + status_of(subscription) +
                      "`.");
    resume_subscription(subscription, text_at(ask.params, "billing_cycle_anchor.type") != "unchanged");
    return subscription.body;
}

json::object list(Ask& ask)
{
    auto const status = text_of(ask.params, "status");
    auto const price = text_of(ask.params, "price");
    auto const mode = text_of(ask.params, "collection_method");
    return list_of(ask, "subscription", [&](Record const& one) {
        auto const now = status_of(one);
        if (status.empty() && now == "canceled") return false;
        if (status == "ended" && !is_ended(one)) return false;
        if (!status.empty() && status != "all" && status != "ended" && status != now) return false;
        if (!mode.empty() && text_of(one.body, "collection_method") != mode) return false;
        if (!is_in_range(ask.params, "current_period_start", period_start(one))) return false;
        if (!is_in_range(ask.params, "current_period_end", period_end(one))) return false;
        if (price.empty()) return true;
        auto const& items = one.body.at("items").at("data").get_array();
        return std::ranges::any_of(items, [&](json::value const& item) { return text_at(item.get_object(), "price.id") == price; });
    });
}

json::object list_items(Ask& ask)
{
    auto const& subscription = ask.world.need("subscription", text_of(ask.params, "subscription"), "subscription");
    return {{"object", "list"}, {"data", subscription.body.at("items").at("data")}, {"has_more", false}, {"url", ask.path}};
}

json::object retrieve_item(Ask& ask)
{
    for (auto const& subscription : ask.world.store.all("subscription")) {
        for (auto const& item : subscription.body.at("items").at("data").get_array()) {
            if (item.at("id").get_string() == ask.ids.front()) return item.get_object();
        }
    }
    throw no_such("subscription_item", ask.ids.front(), 404, "id", false, ask.world.live);
}

} // namespace

json::object billing_mode_of(json::object const* given)
{
    if (given && text_of(*given, "type") == "classic") return {{"flexible", nullptr}, {"type", "classic"}};
    json::object flexible{{"proration_discounts", "included"}};
    if (given) {
        if (auto const* asked = object_in(*given, "flexible")) copy_given(flexible, *asked, "proration_discounts");
    }
    return {{"flexible", std::move(flexible)}, {"type", "flexible"}};
}

void add_subscription_routes(std::vector<Route>& routes)
{
    routes.push_back({"POST /v1/subscriptions", create,
                      "billing_mode cancel_at cancel_at_period_end customer default_payment_method description items.metadata items.price "
                      "items.quantity metadata payment_behavior trial_end trial_period_days trial_settings off_session"});
    routes.push_back(
        {"GET /v1/subscriptions", list,
         "collection_method created current_period_end current_period_start customer ending_before limit price starting_after status"});
    routes.push_back({"GET /v1/subscriptions/{id}", retrieve, "*"});
    routes.push_back(
        {"POST /v1/subscriptions/{id}", update,
         "billing_cycle_anchor cancel_at cancel_at_period_end cancellation_details default_payment_method description items.deleted "
         "items.id items.metadata items.price items.quantity metadata off_session pause_collection payment_behavior proration_behavior "
         "proration_date trial_end trial_settings"});
    routes.push_back({"DELETE /v1/subscriptions/{id}", cancel, "cancellation_details invoice_now prorate"});
    routes.push_back({"POST /v1/subscriptions/{id}/pause", pause, "type"});
    routes.push_back({"POST /v1/subscriptions/{id}/resume", resume, "billing_cycle_anchor proration_behavior"});
    routes.push_back({"GET /v1/subscription_items", list_items, "limit subscription"});
    routes.push_back({"GET /v1/subscription_items/{id}", retrieve_item, "*"});
}

} // namespace pollux::sims::stripe
