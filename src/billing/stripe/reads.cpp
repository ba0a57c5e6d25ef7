#include "billing/stripe/reads.hpp"

#include "base/lenient_json.hpp"
#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/entitling.hpp"
#include "billing/stripe/events.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace pollux::billing::stripe {
namespace {

namespace json = boost::json;

constexpr std::int64_t page_size = 100; // What Stripe gives at most.

asio::awaitable<Answer> get(Api const& api, std::string path, Form form, Steady::time_point deadline)
{
    return api.call({.method = "GET", .path = std::move(path), .form = std::move(form), .operation = {}, .deadline = deadline});
}

// One object that is there only with an id. `part`: the id's, as part of a path.
template <class T>
asio::awaitable<Fetched<T>> object_under(Api const& api, std::string path, std::optional<std::string> part, T (*read)(json::object const&),
                                         Steady::time_point deadline)
{
    if (!part) co_return Fetched<T>{.is_missing = true, .detail = "what was to be fetched has no id of Stripe's"};
    auto const answer = co_await get(api, path + *part, {}, deadline);
    if (answer.outcome != Outcome::done || text_at(answer.body, "id").empty()) co_return not_fetched<T>(answer);
    co_return fetched(read(answer.body));
}

template <class T>
asio::awaitable<Fetched<T>> object_of(Api const& api, std::string path, std::string id, T (*read)(json::object const&),
                                      Steady::time_point deadline)
{
    auto part = is_id(id) ? std::optional(std::move(id)) : std::nullopt;
    return object_under(api, std::move(path), std::move(part), read, deadline);
}

template <class T>
Fetched<Page<T>> page_of(Answer const& answer, std::optional<T> (*read)(json::object const&))
{
    auto const list = answer.outcome == Outcome::done ? list_of(answer.body) : std::nullopt;
    if (!list) return not_fetched<Page<T>>(answer);
    Page<T> page;
    for (auto const* item : list->items) {
        if (auto value = read(*item)) page.items.push_back(std::move(*value));
    }
    if (list->has_more && !list->items.empty()) page.next = text_at(*list->items.back(), "id");
    return fetched(std::move(page));
}

bool read_deleted(json::object const& customer)
{
    auto const* deleted = customer.if_contains("deleted");
    return deleted && deleted->is_bool() && deleted->get_bool();
}

std::optional<Subscription> listed_subscription(json::object const& object)
{
    return read_subscription(object);
}

std::optional<CheckoutSession> listed_session(json::object const& object)
{
    return read_session(object);
}

bool is_on_its_way(json::object const* refund)
{
    auto const status = text_at(*refund, "status");
    return status == "pending" || status == "requires_action";
}

// All of it has gone back. `refunded` says so when it was asked for; what is still on its way may fail yet, and then it never went.
std::optional<bool> charge_is_refunded(json::object const& charge)
{
    auto const* refunded = charge.if_contains("refunded");
    if (!refunded || !refunded->is_bool() || !refunded->get_bool()) return false;
    auto const* inner = object_at(charge, "refunds");
    auto const refunds = inner ? list_of(*inner) : std::nullopt;
    return !refunds || std::ranges::none_of(refunds->items, is_on_its_way);
}

std::optional<bool> dispute_is_lost(json::object const& dispute)
{
    return text_at(dispute, "status") == "lost";
}

Form subscriptions_form(std::string_view after)
{
    Form form;
    form.add("status", "all").add("limit", page_size).add("expand[0]", "data.latest_invoice");
    if (!after.empty()) form.add("starting_after", after);
    return form;
}

std::optional<Invoice> listed_invoice(json::object const& object)
{
    return read_invoice(object);
}

// Why nothing can be said of subscriptions whose invoices were not to be had. It does not say that they, or their customer, are not there.
template <class T>
Fetched<T> without_invoices(Answer const& answer)
{
    auto unknown = not_fetched<T>(answer);
    unknown.is_refused = unknown.is_refused || unknown.is_missing;
    unknown.is_missing = false;
    return unknown;
}

// nullopt: nothing is missing. Else why it is not known.
asio::awaitable<std::optional<Answer>> add_earlier_invoices(Api const& api, Subscription& subscription, Steady::time_point deadline)
{
    auto const& latest = subscription.latest_invoice;
    if (!latest || is_over_word(subscription.status) || tells_of_period(*latest)) co_return std::nullopt;
    Form form;
    form.add("subscription", subscription.id).add("limit", page_size);
    auto answer = co_await get(api, "/v1/invoices", std::move(form), deadline);
    auto page = page_of<Invoice>(answer, listed_invoice);
    if (!page.value) co_return answer;
    for (auto& invoice : page.value->items) { // Newest first.
        if (invoice.id == latest->id) continue;
        bool const is_enough = tells_of_period(invoice);
        subscription.earlier_invoices.push_back(std::move(invoice));
        if (is_enough) break;
    }
    co_return std::nullopt;
}

std::optional<PaidInvoice> paid_invoice_of(json::object const& payment)
{
    auto const* invoice = object_at(payment, "invoice");
    if (!invoice) return std::nullopt;
    auto const* parent = object_at(*invoice, "parent");
    auto const* details = parent ? object_at(*parent, "subscription_details") : nullptr;
    PaidInvoice paid{std::string(text_at(*invoice, "id")), {}};
    if (!details) return paid;
    auto const* expanded = object_at(*details, "subscription");
    paid.subscription = expanded ? text_at(*expanded, "id") : text_at(*details, "subscription");
    return paid;
}

} // namespace

asio::awaitable<Fetched<std::vector<Subscription>>> subscriptions_of(Api const& api, std::string customer, Steady::time_point deadline)
{
    std::vector<Subscription> all;
    std::string after;
    do {
        auto form = subscriptions_form(after);
        form.add("customer", customer);
        auto const answer = co_await get(api, "/v1/subscriptions", std::move(form), deadline);
        auto page = page_of<Subscription>(answer, listed_subscription);
        if (!page.value) co_return not_fetched<std::vector<Subscription>>(answer);
        std::ranges::move(page.value->items, std::back_inserter(all));
        after = std::move(page.value->next);
    } while (!after.empty() && all.size() < subscriptions_max);
    for (auto& subscription : all) {
        auto const unknown = co_await add_earlier_invoices(api, subscription, deadline);
        if (unknown) co_return without_invoices<std::vector<Subscription>>(*unknown);
    }
    co_return fetched(std::move(all));
}

asio::awaitable<Fetched<Subscription>> subscription_of(Api const& api, std::string id, Steady::time_point deadline)
{
    if (!is_id(id)) co_return Fetched<Subscription>{.is_missing = true, .detail = "a subscription has no id of Stripe's"};
    Form form;
    form.add("expand[0]", "latest_invoice");
    auto const answer = co_await get(api, "/v1/subscriptions/" + id, std::move(form), deadline);
    if (answer.outcome != Outcome::done || text_at(answer.body, "id").empty()) co_return not_fetched<Subscription>(answer);
    auto subscription = read_subscription(answer.body);
    auto const unknown = co_await add_earlier_invoices(api, subscription, deadline);
    if (unknown) co_return without_invoices<Subscription>(*unknown);
    co_return fetched(std::move(subscription));
}

asio::awaitable<Fetched<bool>> is_customer_deleted(Api const& api, std::string id, Steady::time_point deadline)
{
    return object_of<bool>(api, "/v1/customers/", std::move(id), read_deleted, deadline);
}

asio::awaitable<Fetched<CheckoutSession>> session_of(Api const& api, std::string id, Steady::time_point deadline)
{
    return object_of<CheckoutSession>(api, "/v1/checkout/sessions/", std::move(id), read_session, deadline);
}

asio::awaitable<Fetched<std::vector<CheckoutSession>>> open_sessions_of(Api const& api, std::string customer, Steady::time_point deadline)
{
    Form form;
    form.add("customer", customer).add("status", "open").add("limit", page_size);
    auto const answer = co_await get(api, "/v1/checkout/sessions", std::move(form), deadline);
    auto page = page_of<CheckoutSession>(answer, listed_session);
    if (!page.value) co_return not_fetched<std::vector<CheckoutSession>>(answer);
    co_return fetched(std::move(page.value->items));
}

asio::awaitable<Fetched<Price>> price_of(Api const& api, std::string id, Steady::time_point deadline)
{
    return object_under<Price>(api, "/v1/prices/", path_part(id), read_price, deadline);
}

asio::awaitable<Fetched<std::string>> account_of(Api const& api, Steady::time_point deadline)
{
    auto const answer = co_await get(api, "/v1/account", {}, deadline);
    std::string id(text_at(answer.body, "id"));
    if (answer.outcome != Outcome::done || id.empty()) co_return not_fetched<std::string>(answer);
    co_return fetched(std::move(id));
}

asio::awaitable<Fetched<std::vector<PaidInvoice>>> invoices_paid_by(Api const& api, std::string payment_intent, Steady::time_point deadline)
{
    Form form;
    form.add("payment[type]", "payment_intent").add("payment[payment_intent]", payment_intent).add("expand[0]", "data.invoice");
    auto const answer = co_await get(api, "/v1/invoice_payments", std::move(form), deadline);
    auto page = page_of<PaidInvoice>(answer, paid_invoice_of);
    if (!page.value) co_return not_fetched<std::vector<PaidInvoice>>(answer);
    co_return fetched(std::move(page.value->items));
}

asio::awaitable<Fetched<bool>> is_money_gone(Api const& api, std::string payment_intent, Steady::time_point deadline)
{
    auto const ask = [&](std::string path, std::string_view expanded) {
        Form form;
        form.add("payment_intent", payment_intent).add("limit", page_size);
        if (!expanded.empty()) form.add("expand[0]", expanded);
        return get(api, std::move(path), std::move(form), deadline);
    };
    auto const charged = co_await ask("/v1/charges", "data.refunds");
    auto const charges = page_of<bool>(charged, charge_is_refunded);
    if (!charges.value) co_return not_fetched<bool>(charged);
    auto const disputed = co_await ask("/v1/disputes", {});
    auto const disputes = page_of<bool>(disputed, dispute_is_lost);
    if (!disputes.value) co_return not_fetched<bool>(disputed);
    auto const is_true = [](bool one) { return one; };
    co_return fetched(std::ranges::any_of(charges.value->items, is_true) || std::ranges::any_of(disputes.value->items, is_true));
}

asio::awaitable<Fetched<Page<Event>>> events_since(Api const& api, Time since, std::string after, Steady::time_point deadline)
{
    Form form;
    form.add("limit", page_size);
    form.add("created[gte]", std::chrono::floor<std::chrono::seconds>(since.time_since_epoch()).count());
    for (std::size_t index = 0; index < event_types.size(); ++index) form.add("types[" + std::to_string(index) + "]", event_types[index]);
    if (!after.empty()) form.add("starting_after", after);
    co_return page_of<Event>(co_await get(api, "/v1/events", std::move(form), deadline), read_event);
}

asio::awaitable<Fetched<Page<Subscription>>> all_subscriptions(Api const& api, std::string after, Steady::time_point deadline)
{
    co_return page_of<Subscription>(co_await get(api, "/v1/subscriptions", subscriptions_form(after), deadline), listed_subscription);
}

} // namespace pollux::billing::stripe
