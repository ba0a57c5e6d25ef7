#include "billing/stripe/reads.hpp"

#include "base/lenient_json.hpp"
#include "billing/stripe/asked.hpp"
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

asio::awaitable<Answer> get(Api const& api, std::string path, Form form, Asked asked, Steady::time_point deadline)
{
    Call call{.method = "GET", .path = std::move(path), .form = std::move(form), .operation = {}, .deadline = deadline};
    return ask(api, std::move(call), std::move(asked));
}

// Of what nobody asks for, since it has no such id.
template <class T>
Fetched<T> without_id()
{
    return {.is_missing = true, .detail = "what was to be fetched has no id of Stripe's"};
}

// The object with this id. `part`: the id's, as part of a path; none: there is no such object. `asked` needs no id.
template <class T>
asio::awaitable<Fetched<T>> object_under(Api const& api, std::string path, std::string id, std::optional<std::string> part, Asked asked,
                                         Form form, T (*read)(json::object const&), Steady::time_point deadline)
{
    if (!part) co_return without_id<T>();
    asked.is.emplace_back("id", std::move(id));
    auto const answer = co_await get(api, path + *part, std::move(form), std::move(asked), deadline);
    if (answer.outcome != Outcome::done) co_return not_fetched<T>(answer);
    co_return fetched(read(answer.body));
}

template <class T>
asio::awaitable<Fetched<T>> object_of(Api const& api, std::string path, std::string id, Asked asked, T (*read)(json::object const&),
                                      Steady::time_point deadline)
{
    auto part = is_id(id) ? std::optional(id) : std::nullopt;
    return object_under(api, std::move(path), std::move(id), std::move(part), std::move(asked), {}, read, deadline);
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

// `refunded` says that all of it was asked back; what is still on its way may fail yet, and then it never went.
std::optional<Money> money_of_charge(json::object const& charge)
{
    auto const* refunded = charge.if_contains("refunded");
    if (!refunded || !refunded->is_bool() || !refunded->get_bool()) return Money{.is_gone = false, .is_here = true};
    auto const* inner = object_at(charge, "refunds");
    auto const refunds = inner ? list_of(*inner) : std::nullopt;
    return Money{.is_gone = !refunds || std::ranges::none_of(refunds->items, is_on_its_way), .is_here = false};
}

std::optional<std::string> status_in(json::object const& object)
{
    return std::string(text_at(object, "status"));
}

// Over, and the money stayed. One that was lost and is looked at again is neither this nor lost.
bool is_for_us(std::string_view dispute)
{
    return dispute == "won" || dispute == "warning_closed" || dispute == "prevented";
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
    Asked asked{.kind = "invoice", .if_there = {{"parent.subscription_details.subscription", subscription.id}}, .is_list = true};
    asked.if_there.emplace_back("customer", subscription.customer);
    auto answer = co_await get(api, "/v1/invoices", std::move(form), std::move(asked), deadline);
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

// Whether one that was ended since its money went back is paid after all: that of a refund that fails after it arrived comes back.
asio::awaitable<Fetched<bool>> is_paid_after_all(Api const& api, Subscription const& subscription, Steady::time_point deadline)
{
    if (!is_over_word(subscription.status) || subscription.went_back.empty()) co_return fetched(false);
    auto const money = co_await money_of(api, subscription.went_back, deadline);
    if (!money.value && !money.is_missing) co_return Fetched<bool>{.detail = money.detail, .is_refused = money.is_refused};
    if (!money.value || !money.value->is_here) co_return fetched(false);
    // Whoever can write on it could name any payment.
    auto const paid = co_await invoices_paid_by(api, subscription.went_back, deadline);
    if (!paid.value && !paid.is_missing) co_return Fetched<bool>{.detail = paid.detail, .is_refused = paid.is_refused};
    auto const invoices = paid.value.value_or(std::vector<PaidInvoice>());
    co_return fetched(std::ranges::any_of(invoices, [&](auto const& one) { return one.subscription == subscription.id; }));
}

} // namespace

asio::awaitable<Fetched<std::vector<Subscription>>> subscriptions_of(Api const& api, std::string customer, Steady::time_point deadline)
{
    std::vector<Subscription> all;
    std::string after;
    do {
        auto form = subscriptions_form(after);
        form.add("customer", customer);
        Asked asked{
            .kind = "subscription", .is = {{"customer", customer}}, .if_there = {{"latest_invoice.customer", customer}}, .is_list = true};
        auto const answer = co_await get(api, "/v1/subscriptions", std::move(form), std::move(asked), deadline);
        auto page = page_of<Subscription>(answer, listed_subscription);
        if (!page.value) co_return not_fetched<std::vector<Subscription>>(answer);
        std::ranges::move(page.value->items, std::back_inserter(all));
        after = std::move(page.value->next);
    } while (!after.empty() && all.size() < subscriptions_max);
    for (auto& subscription : all) {
        auto const unknown = co_await add_earlier_invoices(api, subscription, deadline);
        if (unknown) co_return without_invoices<std::vector<Subscription>>(*unknown);
        auto const is_paid = co_await is_paid_after_all(api, subscription, deadline);
        if (!is_paid.value) co_return Fetched<std::vector<Subscription>>{.detail = is_paid.detail, .is_refused = is_paid.is_refused};
        subscription.is_paid_after_all = *is_paid.value;
    }
    co_return fetched(std::move(all));
}

asio::awaitable<Fetched<Subscription>> subscription_of(Api const& api, std::string id, Steady::time_point deadline)
{
    if (!is_id(id)) co_return without_id<Subscription>();
    Form form;
    form.add("expand[0]", "latest_invoice");
    auto path = "/v1/subscriptions/" + id;
    Asked asked{.kind = "subscription", .is = {{"id", std::move(id)}}};
    auto const answer = co_await get(api, std::move(path), std::move(form), std::move(asked), deadline);
    if (answer.outcome != Outcome::done) co_return not_fetched<Subscription>(answer);
    auto subscription = read_subscription(answer.body);
    auto const unknown = co_await add_earlier_invoices(api, subscription, deadline);
    if (unknown) co_return without_invoices<Subscription>(*unknown);
    co_return fetched(std::move(subscription));
}

asio::awaitable<Fetched<bool>> is_customer_deleted(Api const& api, std::string id, Steady::time_point deadline)
{
    return object_of<bool>(api, "/v1/customers/", std::move(id), {.kind = "customer"}, read_deleted, deadline);
}

asio::awaitable<Fetched<CheckoutSession>> session_of(Api const& api, std::string id, Steady::time_point deadline)
{
    return object_of<CheckoutSession>(api, "/v1/checkout/sessions/", std::move(id), {.kind = "checkout.session"}, read_session, deadline);
}

asio::awaitable<Fetched<CheckoutSession>> session_of(Api const& api, std::string id, std::string customer, Steady::time_point deadline)
{
    Asked asked{.kind = "checkout.session", .is = {{"customer", std::move(customer)}}};
    return object_of<CheckoutSession>(api, "/v1/checkout/sessions/", std::move(id), std::move(asked), read_session, deadline);
}

asio::awaitable<Fetched<std::vector<CheckoutSession>>> sessions_of(Api const& api, std::string customer, Sessions which,
                                                                   Steady::time_point deadline)
{
    Form form;
    form.add("customer", customer);
    if (which == Sessions::open) form.add("status", "open");
    form.add("limit", page_size);
    Asked asked{.kind = "checkout.session", .is = {{"customer", std::move(customer)}}, .is_list = true};
    auto const answer = co_await get(api, "/v1/checkout/sessions", std::move(form), std::move(asked), deadline);
    auto page = page_of<CheckoutSession>(answer, listed_session);
    if (!page.value) co_return not_fetched<std::vector<CheckoutSession>>(answer);
    co_return fetched(std::move(page.value->items));
}

asio::awaitable<Fetched<Price>> price_of(Api const& api, std::string id, Steady::time_point deadline)
{
    auto part = path_part(id);
    Form form;
    form.add("expand[0]", "product");
    return object_under<Price>(api, "/v1/prices/", std::move(id), std::move(part), {.kind = "price"}, std::move(form), read_price,
                               deadline);
}

asio::awaitable<Fetched<std::string>> account_of(Api const& api, Steady::time_point deadline)
{
    auto const answer = co_await get(api, "/v1/account", {}, {.kind = "account"}, deadline);
    std::string id(text_at(answer.body, "id"));
    if (answer.outcome != Outcome::done || id.empty()) co_return not_fetched<std::string>(answer);
    co_return fetched(std::move(id));
}

asio::awaitable<Fetched<std::vector<PaidInvoice>>> invoices_paid_by(Api const& api, std::string payment_intent, Steady::time_point deadline)
{
    Form form;
    form.add("payment[type]", "payment_intent").add("payment[payment_intent]", payment_intent).add("expand[0]", "data.invoice");
    Asked asked{.kind = "invoice_payment", .if_there = {{"payment.payment_intent", payment_intent}}, .is_list = true};
    auto const answer = co_await get(api, "/v1/invoice_payments", std::move(form), std::move(asked), deadline);
    auto page = page_of<PaidInvoice>(answer, paid_invoice_of);
    if (!page.value) co_return not_fetched<std::vector<PaidInvoice>>(answer);
    co_return fetched(std::move(page.value->items));
}

asio::awaitable<Fetched<Money>> money_of(Api const& api, std::string payment_intent, Steady::time_point deadline)
{
    auto const list = [&](std::string path, std::string_view kind, std::string_view expanded) {
        Form form;
        form.add("payment_intent", payment_intent).add("limit", page_size);
        if (!expanded.empty()) form.add("expand[0]", expanded);
        return get(api, std::move(path), std::move(form), {.kind = kind, .is = {{"payment_intent", payment_intent}}, .is_list = true},
                   deadline);
    };
    auto const charged = co_await list("/v1/charges", "charge", "data.refunds");
    auto const charges = page_of<Money>(charged, money_of_charge);
    if (!charges.value) co_return not_fetched<Money>(charged);
    bool const is_refunded = std::ranges::any_of(charges.value->items, &Money::is_gone);
    if (is_refunded) co_return fetched(Money{.is_gone = true, .is_here = false}); // Whatever disputes say.
    auto const disputed = co_await list("/v1/disputes", "dispute", {});
    auto const disputes = page_of<std::string>(disputed, status_in);
    if (!disputes.value) co_return not_fetched<Money>(disputed);
    Money money;
    money.is_gone = std::ranges::find(disputes.value->items, "lost") != disputes.value->items.end();
    money.is_here = std::ranges::any_of(charges.value->items, &Money::is_here) && std::ranges::all_of(disputes.value->items, is_for_us);
    co_return fetched(money);
}

asio::awaitable<Fetched<Page<Event>>> events_since(Api const& api, Time since, std::string after, Steady::time_point deadline)
{
    Form form;
    form.add("limit", page_size);
    form.add("created[gte]", std::chrono::floor<std::chrono::seconds>(since.time_since_epoch()).count());
    for (std::size_t index = 0; index < event_types.size(); ++index) form.add("types[" + std::to_string(index) + "]", event_types[index]);
    if (!after.empty()) form.add("starting_after", after);
    co_return page_of<Event>(co_await get(api, "/v1/events", std::move(form), {.kind = "event", .is_list = true}, deadline), read_event);
}

asio::awaitable<Fetched<Page<Subscription>>> all_subscriptions(Api const& api, std::string after, Steady::time_point deadline)
{
    auto const answer =
        co_await get(api, "/v1/subscriptions", subscriptions_form(after), {.kind = "subscription", .is_list = true}, deadline);
    co_return page_of<Subscription>(answer, listed_subscription);
}

} // namespace pollux::billing::stripe
