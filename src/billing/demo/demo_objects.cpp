#include "billing/demo/demo_objects.hpp"

#include "billing/stripe/client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace pollux::billing::demo {
namespace {

std::int64_t seconds(Time time)
{
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

json::value seconds(std::optional<Time> time)
{
    return time ? json::value(seconds(*time)) : json::value(nullptr);
}

json::object metadata(stripe::Owner const& owner)
{
    json::object data;
    if (!owner.installation.empty()) data["installation"] = owner.installation;
    if (!owner.user.empty()) data["user"] = owner.user;
    return data;
}

// One a period.
std::string invoice_id(DemoSubscription const& subscription, DemoState const& state)
{
    constexpr std::string_view before = "sub_demo_";
    auto const rest = subscription.id.starts_with(before) ? subscription.id.substr(before.size()) : subscription.id;
    return "in_demo_" + rest + "_" + std::to_string(seconds(state.period_start));
}

json::object item_json(DemoSubscription const& subscription, DemoState const& state)
{
    json::object item{{"id", "si_" + subscription.id},
                      {"object", "subscription_item"},
                      {"quantity", 1},
                      {"subscription", subscription.id},
                      {"current_period_start", seconds(state.period_start)},
                      {"current_period_end", seconds(state.period_end)}};
    if (auto const* price = find_price(subscription.price)) item["price"] = price_json(*price);
    return item;
}

} // namespace

json::object customer_json(DemoCustomer const& customer)
{
    return {{"id", customer.id},
            {"object", "customer"},
            {"created", seconds(customer.created)},
            {"livemode", false},
            {"metadata", metadata(customer.owner)}};
}

json::object price_json(DemoPrice const& price)
{
    return {{"id", price.id},
            {"object", "price"},
            {"active", true},
            {"billing_scheme", "per_unit"},
            {"currency", "usd"},
            {"livemode", false},
            {"metadata", json::object()},
            {"product", price.product},
            {"recurring", {{"interval", interval_of(price)}, {"interval_count", 1}, {"usage_type", "licensed"}}},
            {"type", "recurring"},
            {"unit_amount", price.amount_cents}};
}

json::object session_json(DemoSession const& session, Time now, std::string_view public_url)
{
    auto const status = status_at(session, now);
    json::object object{{"id", session.id},
                        {"object", "checkout.session"},
                        {"created", seconds(session.created)},
                        {"expires_at", seconds(session.expires)},
                        {"client_reference_id", session.owner.user},
                        {"customer", session.customer},
                        {"livemode", false},
                        {"metadata", metadata(session.owner)},
                        {"mode", "subscription"},
                        {"status", status},
                        {"payment_status", payment_status_at(session, now)},
                        {"success_url", session.success_url},
                        {"cancel_url", session.cancel_url},
                        {"subscription", nullptr},
                        {"url", nullptr}};
    if (!session.subscription.empty()) object["subscription"] = session.subscription;
    if (status == "open") object["url"] = std::string(public_url) + "/demo/checkout/" + session.id + "/";
    return object;
}

json::object subscription_json(DemoSubscription const& subscription, Time now)
{
    auto const state = state_at(subscription, now);
    return {{"id", subscription.id},
            {"object", "subscription"},
            {"created", seconds(subscription.created)},
            {"currency", "usd"},
            {"customer", subscription.customer},
            {"livemode", false},
            {"metadata", metadata(subscription.owner)},
            {"status", state.status},
            {"cancel_at", seconds(subscription.cancel_at)},
            {"cancel_at_period_end", subscription.cancels_at_period_end},
            {"ended_at", seconds(state.ended_at)},
            {"trial_end", seconds(subscription.trial_end)},
            {"latest_invoice", invoice_id(subscription, state)},
            {"items",
             {{"object", "list"},
              {"data", json::array{item_json(subscription, state)}},
              {"has_more", false},
              {"url", "/v1/subscription_items?subscription=" + subscription.id}}}};
}

json::object latest_invoice_json(DemoSubscription const& subscription, Time now)
{
    auto const state = state_at(subscription, now);
    auto const* price = find_price(subscription.price);
    std::int64_t const amount = state.status == "trialing" || !price ? 0 : price->amount_cents;
    bool const is_paid = now >= subscription.paid_at;
    return {{"id", invoice_id(subscription, state)},
            {"object", "invoice"},
            {"created", seconds(state.period_start)},
            {"currency", "usd"},
            {"customer", subscription.customer},
            {"livemode", false},
            {"status", is_paid ? "paid" : "open"},
            {"amount_due", amount},
            {"amount_paid", is_paid ? amount : 0},
            {"parent",
             {{"type", "subscription_details"},
              {"subscription_details", {{"subscription", subscription.id}, {"metadata", metadata(subscription.owner)}}}}},
            {"status_transitions", {{"finalized_at", seconds(state.period_start)}}}};
}

json::object portal_json(DemoPortal const& portal, std::string_view public_url)
{
    return {{"id", portal.id},
            {"object", "billing_portal.session"},
            {"created", seconds(portal.created)},
            {"customer", portal.customer},
            {"livemode", false},
            {"return_url", portal.return_url},
            {"url", std::string(public_url) + "/demo/portal/" + portal.id + "/"}};
}

json::object list_json(std::string_view path, json::array items, bool has_more)
{
    return {{"object", "list"}, {"url", path}, {"data", std::move(items)}, {"has_more", has_more}};
}

json::object error_json(std::string_view code, std::string_view message, std::string_view parameter)
{
    json::object error{{"type", "invalid_request_error"}, {"message", message}};
    if (!code.empty()) error["code"] = code;
    if (!parameter.empty()) error["param"] = parameter;
    return {{"error", std::move(error)}};
}

json::object event_json(std::string_view id, std::string_view type, json::object object, Time now)
{
    return {{"id", id},
            {"object", "event"},
            {"api_version", stripe::api_version},
            {"created", seconds(now)},
            {"livemode", false},
            {"pending_webhooks", 1},
            {"type", type},
            {"data", {{"object", std::move(object)}}}};
}

} // namespace pollux::billing::demo
