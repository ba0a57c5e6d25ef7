#include "billing/stripe/changes.hpp"

#include "base/lenient_json.hpp"
#include "billing/stripe/asked.hpp"
#include "ops/log.hpp"

#include <array>
#include <utility>
#include <vector>

namespace pollux::billing::stripe {
namespace {

namespace json = boost::json;

Changed changed_by(Answer const& answer)
{
    switch (answer.outcome) {
    case Outcome::done: return Changed::yes;
    case Outcome::refused: return answer.error_code == "resource_missing" ? Changed::missing : Changed::no;
    case Outcome::unknown:
    case Outcome::not_done: return Changed::unknown;
    }
    return Changed::unknown;
}

// It says nothing of the operation, which Stripe has not looked at: the key is wrong, or lacks a right.
bool is_barred(Answer const& answer)
{
    return answer.outcome == Outcome::refused && (answer.status == 401 || answer.status == 403);
}

// The operation's key was used for something else: what it has led to is not said, and will not be.
bool is_key_taken(Answer const& answer)
{
    return answer.outcome == Outcome::refused && answer.error_type == "idempotency_error";
}

// `answer` is believed already.
template <class T>
Change<T> change_of(Answer const& answer, T (*read)(json::object const&))
{
    Change<T> change{changed_by(answer), {}, answer.error_code, answer.detail};
    if (change.changed == Changed::yes) change.value = read(answer.body);
    // What is no answer, or one about something else, is given again as well.
    bool const is_kept = answer.is_replayed && (answer.status >= 500 || answer.status < 300);
    change.is_spent = (change.changed == Changed::unknown && is_kept) || is_key_taken(answer);
    if (change.is_spent) {
        change.changed = Changed::unknown;
        ops::log(ops::Level::error, "stripe_operation_spent", {{"detail", answer.detail}, {"request_id", answer.request_id}});
    }
    change.is_barred = is_barred(answer);
    return change;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 2> written_names{{
    {"metadata.installation", "metadata[installation]"},
    {"metadata.user", "metadata[user]"},
}};

std::string id_in(json::object const& object)
{
    return std::string(text_at(object, "id"));
}

// Whose the object is that the call makes, as it writes it there.
std::vector<Expected> written_by(Form const& form)
{
    std::vector<Expected> written;
    for (auto const& [path, name] : written_names) {
        if (auto value = form.value(name); !value.empty()) written.emplace_back(path, std::move(value));
    }
    return written;
}

std::string customer_in(json::object const& object)
{
    return read_subscription(object).customer;
}

std::string url_in(json::object const& object)
{
    return std::string(text_at(object, "url"));
}

Call post(std::string path, Form form, std::string operation, Steady::time_point deadline)
{
    return {.method = "POST", .path = std::move(path), .form = std::move(form), .operation = std::move(operation), .deadline = deadline};
}

void add_owner(Form& form, Owner const& owner, std::string const& where)
{
    form.add(where + "[installation]", owner.installation).add(where + "[user]", owner.user);
}

std::string_view word_of(PortalFlow flow)
{
    switch (flow) {
    case PortalFlow::none: return {};
    case PortalFlow::change_price: return "subscription_update_confirm";
    case PortalFlow::payment_method: return "payment_method_update";
    case PortalFlow::change_plan: return "subscription_update";
    case PortalFlow::cancel: return "subscription_cancel";
    }
    return {};
}

bool is_about_subscription(PortalFlow flow)
{
    return flow != PortalFlow::none && flow != PortalFlow::payment_method;
}

void add_flow(Form& form, PortalWish const& wish)
{
    if (wish.flow == PortalFlow::none) return;
    std::string const type(word_of(wish.flow));
    form.add("flow_data[type]", type);
    if (is_about_subscription(wish.flow)) form.add("flow_data[" + type + "][subscription]", wish.subscription->id);
    if (wish.flow == PortalFlow::change_price) {
        std::string const item = "flow_data[" + type + "][items][0]";
        form.add(item + "[id]", wish.subscription->items.front().id);
        form.add(item + "[price]", wish.price).add(item + "[quantity]", std::int64_t{1});
    }
    form.add("flow_data[after_completion][type]", "redirect").add("flow_data[after_completion][redirect][return_url]", wish.return_url);
}

Form portal_form(PortalWish const& wish)
{
    Form form;
    form.add("customer", wish.customer).add("return_url", wish.return_url);
    if (!wish.configuration.empty()) form.add("configuration", wish.configuration);
    add_flow(form, wish);
    return form;
}

asio::awaitable<Change<Subscription>> update(Api const& api, std::string id, Form form, std::string operation, Steady::time_point deadline)
{
    auto call = post("/v1/subscriptions/" + id, std::move(form), std::move(operation), deadline);
    Asked asked{.kind = "subscription", .is = {{"id", std::move(id)}}};
    co_return change_of(co_await ask(api, std::move(call), std::move(asked)), read_subscription);
}

} // namespace

Form customer_form(Owner const& owner)
{
    Form form;
    add_owner(form, owner, "metadata");
    return form;
}

asio::awaitable<Change<std::string>> make_customer(Api const& api, Form form, std::string operation, Steady::time_point deadline)
{
    Asked asked{.kind = "customer", .is = written_by(form)};
    auto call = post("/v1/customers", std::move(form), std::move(operation), deadline);
    co_return change_of(co_await ask(api, std::move(call), std::move(asked)), id_in);
}

Form session_form(SessionWish const& wish)
{
    Form form;
    form.add("mode", "subscription").add("customer", wish.customer);
    form.add("line_items[0][price]", wish.price).add("line_items[0][quantity]", std::int64_t{1});
    form.add("success_url", wish.success_url).add("cancel_url", wish.cancel_url).add("client_reference_id", wish.owner.user);
    add_owner(form, wish.owner, "metadata");
    form.add("metadata[operation]", wish.operation);
    form.add("expand[0]", "line_items"); // What it is for is compared with what was asked.
    add_owner(form, wish.owner, "subscription_data[metadata]");
    if (wish.trial_days) form.add("subscription_data[trial_period_days]", *wish.trial_days);
    if (wish.promotion_codes) form.add("allow_promotion_codes", true);
    if (wish.automatic_tax) form.add("automatic_tax[enabled]", true).add("customer_update[address]", "auto");
    return form;
}

asio::awaitable<Change<CheckoutSession>> make_session(Api const& api, Form form, std::string operation, Steady::time_point deadline)
{
    Asked asked{.kind = "checkout.session", .is = written_by(form)};
    asked.is.emplace_back("customer", form.value("customer"));
    // An older version asked for no line items.
    asked.if_there = {{"metadata.operation", operation}, {"line_items.data.0.price", form.value("line_items[0][price]")}};
    auto call = post("/v1/checkout/sessions", std::move(form), std::move(operation), deadline);
    co_return change_of(co_await ask(api, std::move(call), std::move(asked)), read_session);
}

asio::awaitable<Change<CheckoutSession>> expire_session(Api const& api, std::string id, Steady::time_point deadline)
{
    // Without an operation: to expire twice is to be refused once.
    auto call = post("/v1/checkout/sessions/" + id + "/expire", {}, {}, deadline);
    Asked asked{.kind = "checkout.session", .is = {{"id", std::move(id)}, {"status", "expired"}}};
    co_return change_of(co_await ask(api, std::move(call), std::move(asked)), read_session);
}

asio::awaitable<Change<std::string>> open_portal(Api const& api, PortalWish wish, std::string operation, Steady::time_point deadline)
{
    constexpr char const* path = "/v1/billing_portal/sessions";
    bool const has_item = wish.subscription && !wish.subscription->items.empty();
    if (is_about_subscription(wish.flow) && !has_item) wish.flow = PortalFlow::none;
    Asked const asked{.kind = "billing_portal.session", .is = {{"customer", wish.customer}}};
    auto opened = change_of(co_await ask(api, post(path, portal_form(wish), operation, deadline), asked), url_in);
    if (wish.flow == PortalFlow::none || opened.changed != Changed::no) co_return opened;
    wish.flow = PortalFlow::none;
    co_return change_of(co_await ask(api, post(path, portal_form(wish), operation + "-plain", deadline), asked), url_in);
}

asio::awaitable<Change<Subscription>> cancel_at_period_end(Api const& api, std::string id, std::string operation,
                                                           Steady::time_point deadline)
{
    Form form;
    form.add("cancel_at_period_end", true);
    return update(api, std::move(id), std::move(form), std::move(operation), deadline);
}

asio::awaitable<Change<Subscription>> reactivate(Api const& api, Subscription subscription, std::string operation,
                                                 Steady::time_point deadline)
{
    // Both in one call are refused.
    Form form;
    if (subscription.cancels_at_period_end) {
        form.add("cancel_at_period_end", false);
    } else {
        form.add("cancel_at", "");
    }
    return update(api, std::move(subscription.id), std::move(form), std::move(operation), deadline);
}

asio::awaitable<Change<Subscription>> note_went_back(Api const& api, std::string id, std::string payment_intent,
                                                     Steady::time_point deadline)
{
    Form form;
    form.add("metadata[went_back]", payment_intent);
    return update(api, std::move(id), std::move(form), {}, deadline); // Without an operation: to note it twice is to note it once.
}

asio::awaitable<Change<std::string>> cancel_now(Api const& api, std::string id, Steady::time_point deadline)
{
    Call call{.method = "DELETE", .path = "/v1/subscriptions/" + id, .deadline = deadline};
    Asked const asked{.kind = "subscription", .is = {{"id", id}}};
    auto answer = co_await ask(api, std::move(call), asked);
    bool const is_ended = answer.outcome == Outcome::done && is_over_word(text_at(answer.body, "status"));
    if (answer.outcome == Outcome::done && !is_ended) answer.outcome = Outcome::unknown;
    auto change = change_of(answer, customer_in);
    // It is not there any more, or can only have its cancellation's details changed.
    if (change.changed == Changed::missing || change.changed == Changed::no) {
        auto const now = co_await ask(api, {.path = "/v1/subscriptions/" + id, .deadline = deadline}, asked);
        bool const is_over = now.error_code == "resource_missing" || is_over_word(text_at(now.body, "status"));
        if (is_over) change = {.changed = Changed::yes, .value = customer_in(now.body)};
    }
    co_return change;
}

} // namespace pollux::billing::stripe
