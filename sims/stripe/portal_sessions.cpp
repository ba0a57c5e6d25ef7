#include "stripe/portal.hpp"

#include "stripe/customers.hpp"
#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/subscription_change.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr std::string_view family = "billing_portal.configuration";

bool is_enabled(Record const& configuration, std::string const& feature)
{
    auto const* value = value_at(configuration.body, "features." + feature + ".enabled");
    return value && value->is_bool() && value->get_bool();
}

Record& configuration_for(World& world, json::object const& params)
{
    auto const id = text_of(params, "configuration");
    if (!id.empty()) {
        auto& found = world.need(family, id, "configuration");
        if (!flag_of(found.body, "active")) throw invalid("The configuration " + id + " is not active.", "configuration");
        return found;
    }
    for (auto& one : world.store.all(family)) {
        if (flag_of(one.body, "is_default")) return one;
    }
    std::string const mode = world.live ? "live" : "test";
    throw invalid("No configuration provided and your " + mode +
                  " mode default configuration has not been created. Provide a configuration or create your default by saving your "
                  "customer portal settings in " +
                  mode + " mode at https://dashboard.stripe.com/" + (world.live ? "" : "test/") + "settings/billing/portal.");
}

// Whether a customer may switch to this price by the configuration's products.
bool offers(Record const& configuration, std::string const& price)
{
    return std::ranges::any_of(offered_products(configuration), [&](json::value const& product) {
        auto const& prices = product.at("prices").get_array();
        return std::ranges::find(prices, json::value(price)) != prices.end();
    });
}

Record& subscription_for(World& world, json::object const& details, std::string const& type, std::string const& customer)
{
    auto const param = "flow_data[" + type + "][subscription]";
    auto& subscription = world.need("subscription", text_of(details, "subscription"), param);
    if (text_of(subscription.body, "customer") != customer) throw no_such("subscription", subscription.id(), 400, param, false, world.live);
    return subscription;
}

StripeError disabled(std::string const& what, std::string const& feature)
{
    return invalid("This subscription cannot be " + what + " because the subscription " + feature +
                       " feature in the portal configuration is disabled.",
                   "flow_data[type]");
}

void check_cancel(Record const& configuration, Record const& subscription)
{
    if (!is_enabled(configuration, "subscription_cancel")) throw disabled("canceled", "cancel");
    auto const status = status_of(subscription);
    if (is_ended(subscription)) throw invalid("This subscription cannot be canceled because it is already canceled.");
    if (has_value(subscription.body, "cancel_at") && text_at(configuration.body, "features.subscription_cancel.mode") == "at_period_end")
        throw invalid("This subscription cannot be canceled because it is already set to be canceled at period end.");
}

void check_update(Record const& configuration, Record const& subscription)
{
    if (!is_enabled(configuration, "subscription_update")) throw disabled("updated", "update");
    auto const status = status_of(subscription);
    if (status != "active" && status != "trialing" && status != "past_due")
        throw invalid("This subscription cannot be updated because its status is `" + status + "`.");
    if (has_value(subscription.body, "cancel_at"))
        throw invalid("This subscription cannot be updated because it is already set to be canceled at period end.");
    if (subscription.body.at("items").at("data").get_array().size() > 1)
        throw invalid("This subscription cannot be updated because it has multiple items.");
}

void check_confirm(Record const& configuration, Record const& subscription, json::object const& details)
{
    std::string const param = "flow_data[subscription_update_confirm][items]";
    auto const* items = array_in(details, "items");
    if (!items || items->size() != 1) throw invalid("You must specify exactly one item.", param);
    auto const& asked = items->front().get_object();
    auto const& item = subscription.body.at("items").at("data").get_array().front().get_object();
    if (text_of(asked, "id") != text_of(item, "id"))
        throw no_such("subscription item", text_of(asked, "id"), 400, param + "[0][id]", false, subscription.world->live);
    auto const price = text_of(asked, "price");
    auto const quantity = asked.contains("quantity") ? number_of(asked, "quantity") : number_of(item, "quantity");
    if ((price.empty() || price == text_at(item, "price.id")) && quantity == number_of(item, "quantity"))
        throw invalid("This subscription cannot be updated because there are no changes to confirm.", param);
    if (price.empty()) return;
    subscription.world->need("price", price, param + "[0][price]");
    if (!offers(configuration, price))
        throw invalid("The price `" + price +
                          "` isn't allowed by the `features[subscription_update][products]` of the portal configuration.",
                      param + "[0][price]");
}

json::value read_flow(World& world, Record const& configuration, json::object const& asked, std::string const& customer)
{
    auto const type = text_of(asked, "type");
    if (type == "customer_update" || type == "subscription_pause") throw not_simulated("the flow " + type);
    json::object flow{{"customer_update", nullptr},     {"subscription_cancel", nullptr},         {"subscription_pause", nullptr},
                      {"subscription_update", nullptr}, {"subscription_update_confirm", nullptr}, {"type", type}};
    auto const* after = object_in(asked, "after_completion");
    auto const after_type = after ? text_of(*after, "type") : std::string("portal_homepage");
    flow["after_completion"] = {{"hosted_confirmation", nullptr}, {"redirect", nullptr}, {"type", after_type}};
    if (after_type == "redirect") {
        auto const url = text_at(*after, "redirect.return_url");
        if (url.empty()) throw missing_param("flow_data[after_completion][redirect][return_url]");
        flow["after_completion"].as_object()["redirect"] = {{"return_url", url}};
    }
    if (after_type == "hosted_confirmation")
        flow["after_completion"].as_object()["hosted_confirmation"] = {
            {"custom_message", text_or_null(text_at(*after, "hosted_confirmation.custom_message"))}};
    if (type == "payment_method_update") {
        if (!is_enabled(configuration, "payment_method_update"))
            throw invalid("The payment method update feature in the portal configuration is disabled.", "flow_data[type]");
        return flow;
    }
    auto const* details = object_in(asked, type);
    if (!details) throw missing_param("flow_data[" + type + "]");
    auto const& subscription = subscription_for(world, *details, type, customer);
    if (type == "subscription_cancel") {
        check_cancel(configuration, subscription);
        flow[type] = {{"retention", nullptr}, {"subscription", subscription.id()}};
        return flow;
    }
    check_update(configuration, subscription);
    flow[type] = {{"subscription", subscription.id()}};
    if (type == "subscription_update_confirm") {
        check_confirm(configuration, subscription, *details);
        auto item = details->at("items").get_array().front().get_object();
        flow[type] = {{"discounts", nullptr},
                      {"items", json::array{json::object{{"id", text_of(item, "id")},
                                                         {"price", text_or_null(text_of(item, "price"))},
                                                         {"quantity", item.contains("quantity") ? number_of(item, "quantity") : 1}}}},
                      {"subscription", subscription.id()}};
    }
    return flow;
}

json::object create(Ask& ask)
{
    auto& world = ask.world;
    auto const customer = text_of(ask.params, "customer");
    if (customer.empty()) throw missing_param("customer");
    world.need("customer", customer, "customer");
    auto const& configuration = configuration_for(world, ask.params);
    json::value flow = nullptr;
    if (auto const* asked = object_in(ask.params, "flow_data")) flow = read_flow(world, configuration, *asked, customer);
    auto const secret = std::string(world.live ? "live_" : "test_") + random_letters(40);
    json::object made{
        {"configuration", configuration.id()}, {"customer", customer}, {"flow", flow}, {"url", world.base_url + "/p/session/" + secret}};
    copy_given(made, ask.params, "locale return_url");
    if (!made.contains("return_url")) made["return_url"] = configuration.body.at("default_return_url");
    auto& session = world.make("billing_portal.session", "bps_", std::move(made), "billing_portal.session.created");
    session.hidden["secret"] = secret;
    return session.body;
}

} // namespace

void act_in_portal(Record& subscription, Record const* configuration, std::string const& what, std::string const& price)
{
    auto& world = *subscription.world;
    if (what == "cancel") {
        if (configuration) check_cancel(*configuration, subscription);
        if (configuration && text_at(configuration->body, "features.subscription_cancel.mode") == "immediately")
            return cancel_now(subscription, "cancellation_requested");
        // Flexible billing, and a trial, get a time alone; classic billing the flag, which brings the time with it.
        bool const only_time = text_at(subscription.body, "billing_mode.type") == "flexible" || status_of(subscription) == "trialing";
        if (only_time) return update_subscription(subscription, {{"cancel_at", period_end(subscription)}});
        return update_subscription(subscription, {{"cancel_at_period_end", true}});
    }
    if (what == "undo") {
        if (!has_value(subscription.body, "cancel_at")) throw invalid("nothing to undo: this subscription is not set to end");
        if (flag_of(subscription.body, "cancel_at_period_end")) return update_subscription(subscription, {{"cancel_at_period_end", false}});
        return update_subscription(subscription, {{"cancel_at", nullptr}});
    }
    if (what == "switch") {
        if (configuration) {
            check_update(*configuration, subscription);
            if (!offers(*configuration, price)) throw invalid("the portal does not offer the price " + price);
        }
        auto const item = text_of(subscription.body.at("items").at("data").get_array().front().get_object(), "id");
        json::object params{{"items", json::array{json::object{{"id", item}, {"price", price}}}}};
        auto const behavior =
            configuration ? text_at(configuration->body, "features.subscription_update.proration_behavior") : std::string();
        if (!behavior.empty()) params["proration_behavior"] = behavior;
        return update_subscription(subscription, params);
    }
    if (what == "update_payment_method") { // A card that pays; what is open is paid by it.
        auto& customer = world.need("customer", text_of(subscription.body, "customer"), "customer");
        set_payments(customer, "succeed");
        auto const method = give_payment_method(customer);
        world.change(subscription, "customer.subscription.updated", [&](json::object& body) { body["default_payment_method"] = method; });
        if (auto* invoice = latest_invoice(subscription); invoice && is_invoice(*invoice, "open")) collect(*invoice, Outcome::succeeds);
        return;
    }
    throw invalid("do is cancel, undo, switch or update_payment_method");
}

Record* use_portal(World& world, std::string_view secret)
{
    for (auto& session : world.store.all("billing_portal.session")) {
        if (text_of(session.hidden, "secret") != secret) continue;
        auto const used = number_of(session.hidden, "used_at");
        bool const is_dead =
            used > 0 ? world.now() - used > portal_idle_s : world.now() - number_of(session.body, "created") > portal_unused_s;
        if (is_dead) return nullptr;
        session.hidden["used_at"] = world.now();
        return &session;
    }
    return nullptr;
}

void add_portal_session_routes(std::vector<Route>& routes)
{
    routes.push_back({"POST /v1/billing_portal/sessions", create,
                      "configuration customer flow_data.after_completion flow_data.subscription_cancel flow_data.subscription_update "
                      "flow_data.subscription_update_confirm flow_data.type locale return_url"});
}

} // namespace pollux::sims::stripe
