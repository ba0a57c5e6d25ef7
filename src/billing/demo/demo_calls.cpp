#include "billing/demo/demo_calls.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"
#include "billing/demo/demo_changes.hpp"
#include "billing/stripe/client.hpp"
#include "billing/stripe/events.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace pollux::billing::demo {
namespace {

using Answering = asio::awaitable<DemoAnswer>;

constexpr std::int64_t page_size_usual = 10;
constexpr std::int64_t page_size_max = 100;
constexpr std::int64_t trial_days_max = 730;

DemoAnswer done(json::object const& object)
{
    return {200, json::serialize(object)};
}

// In the path it is 404, in a parameter 400.
DemoAnswer missing(std::string_view what, std::string_view id, std::string_view parameter = {})
{
    auto const message = "No such " + std::string(what) + ": '" + std::string(id) + "'";
    return refused(parameter.empty() ? 404 : 400, "resource_missing", message, parameter);
}

bool is_url(std::string_view text)
{
    auto const url = parse_uri(text);
    return url && is_web(*url);
}

stripe::Owner owner_in(DemoQuestion const& question, std::string const& where)
{
    return {question.value(where + "[installation]"), question.value(where + "[user]")};
}

// --- customers, prices, the account ----------------------------------------------------------------------------------------------

Answering make_customer(db::Transaction& transaction, DemoQuestion question)
{
    DemoCustomer const customer{new_id("cus_demo_"), owner_in(question, "metadata"), co_await DemoStore::now(transaction)};
    co_await DemoStore::add_customer(transaction, customer);
    co_return done(customer_json(customer));
}

Answering show_customer(db::Transaction& transaction, DemoQuestion question)
{
    auto const customer = co_await DemoStore::customer(transaction, question.id);
    if (!customer) co_return missing("customer", question.id);
    co_return done(customer_json(*customer));
}

Answering show_price(db::Transaction&, DemoQuestion question)
{
    auto const* price = find_price(question.id);
    co_return price ? done(price_json(*price)) : missing("price", question.id);
}

Answering list_prices(db::Transaction&, DemoQuestion question)
{
    json::array prices;
    for (auto const& price : demo_prices) prices.push_back(price_json(price));
    co_return done(list_json(question.path, std::move(prices), false));
}

Answering show_account(db::Transaction&, DemoQuestion)
{
    co_return done({{"id", "demo"}, {"object", "account"}});
}

// Nothing is refunded or disputed here, and what happens is told by tasks that outlive a kill (demo_events.hpp).
Answering list_nothing(db::Transaction&, DemoQuestion question)
{
    co_return done(list_json(question.path, {}, false));
}

// Where Pollux would find its endpoint at Stripe: its events are handed to it in this process.
Answering list_endpoints(db::Transaction&, DemoQuestion question)
{
    json::array events;
    for (auto const type : stripe::event_types) events.emplace_back(type);
    json::object endpoint{{"id", "we_demo"},
                          {"object", "webhook_endpoint"},
                          {"url", question.public_url + "/subscription/webhook/"},
                          {"status", "enabled"},
                          {"api_version", stripe::api_version},
                          {"livemode", false},
                          {"enabled_events", std::move(events)}};
    co_return done(list_json(question.path, {std::move(endpoint)}, false));
}

// --- checkout --------------------------------------------------------------------------------------------------------------------

Answering make_session(db::Transaction& transaction, DemoQuestion question)
{
    DemoSession wished{.customer = question.value("customer"),
                       .price = question.value("line_items[0][price]"),
                       .owner = owner_in(question, "subscription_data[metadata]"),
                       .success_url = question.value("success_url"),
                       .cancel_url = question.value("cancel_url")};
    if (question.value("mode") != "subscription") co_return refused(400, "parameter_unknown", "Only subscriptions are sold here.", "mode");
    auto const customer = co_await DemoStore::customer(transaction, wished.customer);
    if (!customer) co_return missing("customer", wished.customer, "customer");
    if (!find_price(wished.price)) co_return missing("price", wished.price, "line_items[0][price]");
    if (!is_url(success_url_of(wished))) co_return refused(400, "url_invalid", "Not a valid URL", "success_url");
    if (!is_url(wished.cancel_url)) co_return refused(400, "url_invalid", "Not a valid URL", "cancel_url");
    if (auto const* days = question.parameter("subscription_data[trial_period_days]")) {
        wished.trial_days = parse_integer(*days);
        bool const is_right = wished.trial_days && *wished.trial_days >= 1 && *wished.trial_days <= trial_days_max;
        if (!is_right) co_return refused(400, "parameter_invalid_integer", "Not a number of days", "subscription_data[trial_period_days]");
    }
    auto const session = co_await open_session(transaction, std::move(wished));
    co_return done(session_json(session, session.created, question.public_url));
}

Answering show_session(db::Transaction& transaction, DemoQuestion question)
{
    auto const session = co_await DemoStore::session(transaction, question.id);
    if (!session) co_return missing("checkout.session", question.id);
    auto const now = co_await DemoStore::now(transaction);
    co_return done(session_json(*session, now, question.public_url));
}

// Pollux asks for those of a customer that are open.
Answering list_sessions(db::Transaction& transaction, DemoQuestion question)
{
    auto const wanted = question.value("customer");
    auto const customer = co_await DemoStore::customer(transaction, wanted);
    if (!customer) co_return missing("customer", wanted, "customer");
    auto const now = co_await DemoStore::now(transaction);
    json::array items;
    for (auto const& session : co_await DemoStore::open_sessions(transaction, wanted)) {
        if (status_at(session, now) == "open") items.push_back(session_json(session, now, question.public_url));
    }
    co_return done(list_json(question.path, std::move(items), false));
}

Answering expire_session(db::Transaction& transaction, DemoQuestion question)
{
    auto const session = co_await DemoStore::lock_session(transaction, question.id);
    if (!session) co_return missing("checkout.session", question.id);
    auto const now = co_await DemoStore::now(transaction);
    if (status_at(*session, now) != "open") {
        co_return refused(400, "", R"(Only Checkout Sessions with a status in ["open"] can be expired.)");
    }
    auto const expired = co_await expire(transaction, question.id);
    co_return done(session_json(expired.value_or(*session), now, question.public_url));
}

// --- subscriptions ---------------------------------------------------------------------------------------------------------------

bool is_expanded(DemoQuestion const& question, std::string_view what)
{
    return std::ranges::any_of(question.parameters,
                               [&](auto const& pair) { return pair.first.starts_with("expand[") && pair.second == what; });
}

json::object shown(DemoSubscription const& subscription, Time now, bool with_invoice)
{
    auto object = subscription_json(subscription, now);
    if (with_invoice) object["latest_invoice"] = latest_invoice_json(subscription, now);
    return object;
}

Answering list_subscriptions(db::Transaction& transaction, DemoQuestion question)
{
    auto const wanted = question.value("customer");
    if (!wanted.empty()) {
        auto const customer = co_await DemoStore::customer(transaction, wanted);
        if (!customer) co_return missing("customer", wanted, "customer");
    }
    auto const limit = std::clamp(parse_integer(question.value("limit")).value_or(page_size_usual), std::int64_t{1}, page_size_max);
    auto const now = co_await DemoStore::now(transaction);
    auto const found = co_await DemoStore::subscriptions(transaction, wanted, question.value("starting_after"), limit + 1);
    bool const has_more = std::ssize(found) > limit;
    bool const with_over = question.value("status") == "all";
    json::array items;
    for (auto const& subscription : found) {
        if (std::ssize(items) == limit) break;
        if (!with_over && state_at(subscription, now).is_over()) continue;
        items.push_back(shown(subscription, now, is_expanded(question, "data.latest_invoice")));
    }
    co_return done(list_json(question.path, std::move(items), has_more));
}

Answering show_subscription(db::Transaction& transaction, DemoQuestion question)
{
    auto const subscription = co_await DemoStore::subscription(transaction, question.id);
    if (!subscription) co_return missing("subscription", question.id);
    auto const now = co_await DemoStore::now(transaction);
    co_return done(shown(*subscription, now, is_expanded(question, "latest_invoice")));
}

DemoAnswer refused_as_over()
{
    return refused(400, "", "A canceled subscription can only update its cancellation_details and metadata.");
}

// Empty where there is nothing to change it to.
std::optional<DemoAnswer> cannot_change(DemoSubscription& subscription, DemoQuestion const& question, Time now)
{
    auto const* flag = question.parameter("cancel_at_period_end");
    auto const* time = question.parameter("cancel_at");
    if (flag && time) return refused(400, "", "Only one of cancel_at and cancel_at_period_end may be given.", "cancel_at");
    if (flag && *flag == "true") cancel_with_period(subscription, CancelBy::flag, now);
    if (flag && *flag == "false" && subscription.cancels_at_period_end) keep(subscription);
    if (time && time->empty()) keep(subscription);
    if (time && !time->empty()) {
        auto const seconds = parse_integer(*time);
        if (!seconds || Time(std::chrono::seconds(*seconds)) <= now) return refused(400, "", "Not a time to come.", "cancel_at");
        subscription.cancel_at = Time(std::chrono::seconds(*seconds));
        subscription.cancels_at_period_end = false;
    }
    if (auto const* price = question.parameter("items[0][price]")) {
        if (!find_price(*price)) return missing("price", *price, "items[0][price]");
        if (!change_price(subscription, *price, now)) return refused(400, "", "This subscription takes no other price now.", "items");
    }
    return std::nullopt;
}

Answering update_subscription(db::Transaction& transaction, DemoQuestion question)
{
    auto subscription = co_await DemoStore::lock_subscription(transaction, question.id);
    if (!subscription) co_return missing("subscription", question.id);
    auto const now = co_await DemoStore::now(transaction);
    if (state_at(*subscription, now).is_over()) co_return refused_as_over();
    if (auto refusal = cannot_change(*subscription, question, now)) co_return std::move(*refusal);
    co_await put_changed(transaction, *subscription, now);
    co_return done(shown(*subscription, now, is_expanded(question, "latest_invoice")));
}

Answering end_subscription(db::Transaction& transaction, DemoQuestion question)
{
    auto subscription = co_await DemoStore::lock_subscription(transaction, question.id);
    if (!subscription) co_return missing("subscription", question.id);
    auto const now = co_await DemoStore::now(transaction);
    if (state_at(*subscription, now).is_over()) co_return refused_as_over();
    subscription->ended_at = now;
    co_await put_changed(transaction, *subscription, now);
    co_return done(shown(*subscription, now, false));
}

// --- the portal ------------------------------------------------------------------------------------------------------------------

// Whatever its flow: the demo's portal has one page for all.
Answering make_portal(db::Transaction& transaction, DemoQuestion question)
{
    DemoPortal const portal{new_id("bps_demo_"), question.value("customer"), question.value("return_url"),
                            co_await DemoStore::now(transaction)};
    auto const customer = co_await DemoStore::customer(transaction, portal.customer);
    if (!customer) co_return missing("customer", portal.customer, "customer");
    if (!is_url(portal.return_url)) co_return refused(400, "url_invalid", "Not a valid URL", "return_url");
    co_await DemoStore::add_portal(transaction, portal);
    co_return done(portal_json(portal, question.public_url));
}

// --- which is which --------------------------------------------------------------------------------------------------------------

struct KnownCall {
    std::string_view method;
    std::string_view path; // "*" stands for an id.
    Answering (*answer)(db::Transaction&, DemoQuestion);
};

constexpr std::array known_calls{
    KnownCall{"POST", "/v1/customers", make_customer},
    KnownCall{"GET", "/v1/customers/*", show_customer},
    KnownCall{"GET", "/v1/prices", list_prices},
    KnownCall{"GET", "/v1/prices/*", show_price},
    KnownCall{"POST", "/v1/checkout/sessions", make_session},
    KnownCall{"GET", "/v1/checkout/sessions", list_sessions},
    KnownCall{"GET", "/v1/checkout/sessions/*", show_session},
    KnownCall{"POST", "/v1/checkout/sessions/*/expire", expire_session},
    KnownCall{"GET", "/v1/subscriptions", list_subscriptions},
    KnownCall{"GET", "/v1/subscriptions/*", show_subscription},
    KnownCall{"POST", "/v1/subscriptions/*", update_subscription},
    KnownCall{"DELETE", "/v1/subscriptions/*", end_subscription},
    KnownCall{"POST", "/v1/billing_portal/sessions", make_portal},
    KnownCall{"GET", "/v1/account", show_account},
    KnownCall{"GET", "/v1/events", list_nothing},
    KnownCall{"GET", "/v1/invoices", list_nothing},
    KnownCall{"GET", "/v1/invoice_payments", list_nothing},
    KnownCall{"GET", "/v1/charges", list_nothing},
    KnownCall{"GET", "/v1/refunds", list_nothing},
    KnownCall{"GET", "/v1/disputes", list_nothing},
    KnownCall{"GET", "/v1/billing_portal/configurations", list_nothing},
    KnownCall{"GET", "/v1/webhook_endpoints", list_endpoints},
};

// The id at the star; nullopt: another path. An empty id is none.
std::optional<std::string> match(std::string_view path, std::string_view pattern)
{
    auto const star = pattern.find('*');
    if (star == std::string_view::npos) return path == pattern ? std::optional(std::string()) : std::nullopt;
    auto const before = pattern.substr(0, star);
    auto const behind = pattern.substr(star + 1);
    bool const fits = path.size() > before.size() + behind.size() && path.starts_with(before) && path.ends_with(behind);
    if (!fits) return std::nullopt;
    auto id = std::string(path.substr(before.size(), path.size() - before.size() - behind.size()));
    return id.find('/') == std::string::npos ? std::optional(std::move(id)) : std::nullopt;
}

} // namespace

std::string const* DemoQuestion::parameter(std::string_view name) const
{
    auto const found = std::ranges::find(parameters, name, [](auto const& pair) -> std::string_view { return pair.first; });
    return found == parameters.end() ? nullptr : &found->second;
}

std::string DemoQuestion::value(std::string_view name) const
{
    auto const* found = parameter(name);
    return found ? *found : std::string();
}

DemoAnswer refused(int status, std::string_view code, std::string_view message, std::string_view parameter)
{
    return {status, json::serialize(error_json(code, message, parameter))};
}

asio::awaitable<DemoAnswer> answer_question(db::Transaction& transaction, DemoQuestion question)
{
    for (auto const& known : known_calls) {
        if (known.method != question.method) continue;
        auto id = match(question.path, known.path);
        if (!id) continue;
        question.id = std::move(*id);
        co_return co_await known.answer(transaction, std::move(question));
    }
    co_return refused(404, "resource_missing", "The demo does not know this call: " + question.method + " " + question.path);
}

} // namespace pollux::billing::demo
