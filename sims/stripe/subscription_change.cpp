#include "stripe/subscription_change.hpp"

#include "stripe/customers.hpp"
#include "stripe/errors.hpp"
#include "stripe/list.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

json::array& items_of(json::object& body)
{
    return body.at("items").at("data").as_array();
}

std::string interval_of(json::object const& item)
{
    return text_at(item, "price.recurring.interval") + "/" + std::to_string(number_at(item, "price.recurring.interval_count"));
}

// What is owed for the rest of the period, once it is known what the items were and are.
std::int64_t proration(Record const& subscription, json::object const& item, std::int64_t at)
{
    auto const start = period_start(subscription);
    auto const end = period_end(subscription);
    if (end <= start || status_of(subscription) == "trialing") return 0;
    auto const whole = number_at(item, "price.unit_amount") * number_of(item, "quantity");
    return whole * std::clamp<std::int64_t>(end - at, 0, end - start) / (end - start);
}

Line proration_line(Record const& subscription, json::object const& item, std::int64_t at, int sign)
{
    Line line;
    line.item = text_of(item, "id");
    line.price = item.at("price").get_object();
    line.quantity = number_of(item, "quantity");
    line.amount = sign * proration(subscription, item, at);
    line.start = at;
    line.end = period_end(subscription);
    line.is_proration = true;
    line.description = sign < 0 ? "Unused time" : "Remaining time";
    return line;
}

// cancel_at: a time, or a word that stands for one.
json::value cancel_time(Record const& subscription, json::value const& given)
{
    if (given.is_null()) return nullptr;
    if (given.is_string()) {
        auto const& word = given.get_string();
        if (word == "max_billed_until") return period_end(subscription);
        std::int64_t time = 0;
        for (auto const& item : subscription.body.at("items").at("data").get_array()) {
            auto const end = number_of(item.get_object(), "current_period_end");
            if (time == 0 || (word == "min_period_end" ? end < time : end > time)) time = end;
        }
        return time;
    }
    if (given.get_int64() <= subscription.world->now()) throw invalid("`cancel_at` must be a timestamp in the future.", "cancel_at");
    return given;
}

void change_end(Record const& subscription, json::object& body, json::object const& params)
{
    auto const* at_period_end = params.if_contains("cancel_at_period_end");
    auto const* at = params.if_contains("cancel_at");
    if (at_period_end && at) throw invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", "cancel_at");
    auto const set = [&](json::value time, bool flag) {
        bool const is_set = !time.is_null();
        body["cancel_at"] = std::move(time);
        body["cancel_at_period_end"] = flag;
        body["canceled_at"] = is_set ? json::value(subscription.world->now()) : json::value(nullptr);
        body.at("cancellation_details").as_object()["reason"] = is_set ? json::value("cancellation_requested") : json::value(nullptr);
    };
    if (at) set(cancel_time(subscription, *at), false);
    if (!at_period_end) return;
    if (at_period_end->get_bool())
        set(period_end(subscription), true);
    else if (flag_of(body, "cancel_at_period_end"))
        set(nullptr, false); // A cancel_at that was set by itself stays.
}

// The items as they will be: by id changed or deleted, without one added.
json::array changed_items(Record& subscription, json::array const& asked)
{
    auto& world = *subscription.world;
    auto items = items_of(subscription.body);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        auto const& change = asked[i].get_object();
        auto const name = "items[" + std::to_string(i) + "]";
        auto const id = text_of(change, "id");
        auto const same = [&](json::value const& item) { return item.at("id").get_string() == id; };
        auto const found = id.empty() ? items.end() : std::find_if(items.begin(), items.end(), same);
        if (!id.empty() && found == items.end()) throw no_such("subscription item", id, 400, name + "[id]", false, world.live);
        if (flag_of(change, "deleted")) {
            if (id.empty()) throw missing_param(name + "[id]");
            items.erase(found);
            continue;
        }
        if (id.empty()) {
            auto added = make_item(world, subscription.id(), change, name);
            added["current_period_start"] = period_start(subscription);
            added["current_period_end"] = period_end(subscription);
            items.push_back(std::move(added));
            continue;
        }
        auto& item = found->get_object();
        if (change.contains("price")) {
            auto const made = make_item(world, subscription.id(), change, name);
            item["price"] = made.at("price");
            item["plan"] = made.at("plan");
        }
        if (number_of(change, "quantity") < 0)
            throw invalid("This value must be greater than or equal to 0.", name + "[quantity]", "parameter_invalid_integer");
        copy_given(item, change, "quantity");
        merge_metadata(item, change);
    }
    if (items.empty()) throw invalid("A subscription must have at least one active item.", "items");
    for (std::size_t i = 0; i < items.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (items[i].at("price").at("id") == items[j].at("price").at("id"))
                throw invalid("Cannot add multiple subscription items with the same plan: " + text_at(items[i].get_object(), "price.id"),
                              "items");
        }
        if (items[i].at("price").at("currency") != items[0].at("price").at("currency"))
            throw invalid("All prices on a subscription must have the same `currency`.", "items");
        if (interval_of(items[i].get_object()) != interval_of(items[0].get_object()))
            throw invalid(
                "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`. If you meant to "
                "update an existing subscription item instead of creating a new one, make sure to include the subscription item ID in "
                "your request. See examples at "
                "https://docs.stripe.com/billing/subscriptions/multiple-products#update-multi-plan-subscription.",
                "items");
    }
    return items;
}

// The other prices' bill, as far as it is due now: at another interval, with always_invoice, or when the anchor is now.
void bill_change(Record& subscription, json::array const& before, json::object const& params)
{
    auto& world = *subscription.world;
    auto const behavior = text_of(params, "proration_behavior");
    auto const payment = text_of(params, "payment_behavior");
    auto& items = items_of(subscription.body);
    bool const begins_anew = interval_of(before.front().get_object()) != interval_of(items.front().get_object()) ||
                             text_at(params, "billing_cycle_anchor.type") == "now";
    bool const is_trial = status_of(subscription) == "trialing";
    if (is_trial || (!begins_anew && behavior != "always_invoice")) return;
    auto const at = has_value(params, "proration_date") ? number_of(params, "proration_date") : world.now();
    std::vector<Line> lines;
    if (behavior != "none") {
        for (auto const& item : before) lines.push_back(proration_line(subscription, item.get_object(), at, -1));
    }
    if (begins_anew) {
        begin_period(subscription, world.now(), true);
        for (auto& line : lines_of(subscription, world.now(), period_end(subscription))) lines.push_back(std::move(line));
    } else {
        for (auto const& item : items) lines.push_back(proration_line(subscription, item.get_object(), at, 1));
    }
    NewInvoice const asked{
        .reason = "subscription_update", .lines = std::move(lines), .period_start = world.now(), .period_end = world.now()};
    auto& invoice = make_invoice(subscription, asked);
    world.change(subscription, "", [&](json::object& body) { body["latest_invoice"] = invoice.id(); });
    auto const* customer = world.store.find("customer", text_of(subscription.body, "customer"));
    auto const outcome = customer ? outcome_of(*customer) : Outcome::fails;
    if (payment == "pending_if_incomplete" && outcome == Outcome::fails && number_of(invoice.body, "amount_due") > 0) {
        subscription.hidden["pending_invoice"] = invoice.id();
        auto wanted = items;
        world.change(subscription, "", [&](json::object& body) {
            body["pending_update"] = {{"billing_cycle_anchor", nullptr},
                                      {"cancel_at_period_end", nullptr},
                                      {"discount", nullptr},
                                      {"discounts", nullptr},
                                      {"expires_at", world.now() + incomplete_s},
                                      {"metadata", nullptr},
                                      {"subscription_items", std::move(wanted)},
                                      {"trial_end", nullptr},
                                      {"trial_from_plan", nullptr}};
            items_of(body) = before;
        });
        finalize(invoice);
        if (auto* intent = intent_of(invoice)) try_intent(*intent, Outcome::fails);
        return;
    }
    finalize(invoice);
    if (!is_invoice(invoice, "paid")) collect(invoice, outcome);
}

void check_changeable(Record const& subscription, json::object const& params)
{
    if (status_of(subscription) == "incomplete_expired")
        throw invalid("This subscription cannot be updated because its status is `incomplete_expired`.");
    if (status_of(subscription) == "incomplete") {
        for (auto const& field : params) {
            if (!has_word("default_payment_method expand metadata", field.key()))
                throw invalid("You cannot update a subscription in `incomplete` status in this way. Only the default payment method and "
                              "metadata can be updated.");
        }
    }
    if (status_of(subscription) != "canceled") return;
    for (auto const& field : params) {
        if (!has_word("cancellation_details metadata expand", field.key()))
            throw invalid("A canceled subscription can only update its cancellation_details and metadata.", "",
                          "invalid_canceled_subscription_fields");
    }
}

bool fails_to_pay(Record const& subscription)
{
    auto const* customer = subscription.world->store.find("customer", text_of(subscription.body, "customer"));
    return customer && outcome_of(*customer) == Outcome::fails;
}

} // namespace

void take_cancellation_details(Record& subscription, json::object const& params)
{
    auto const* given = object_in(params, "cancellation_details");
    if (given) copy_given(subscription.body.at("cancellation_details").as_object(), *given, "comment feedback");
}

void resume_subscription(Record& subscription, bool begins_anew)
{
    auto& world = *subscription.world;
    if (!begins_anew && period_end(subscription) > world.now()) return set_status(subscription, "active", "customer.subscription.resumed");
    begin_period(subscription, world.now(), true);
    NewInvoice const asked{.reason = "subscription_update",
                           .lines = lines_of(subscription, world.now(), period_end(subscription)),
                           .period_start = world.now(),
                           .period_end = world.now()};
    auto& invoice = make_invoice(subscription, asked);
    subscription.hidden["resume_invoice"] = invoice.id();
    world.change(subscription, "customer.subscription.updated", [&](json::object& body) { body["latest_invoice"] = invoice.id(); });
    finalize(invoice);
    auto const* customer = world.store.find("customer", text_of(subscription.body, "customer"));
    if (!is_invoice(invoice, "paid")) collect(invoice, customer ? outcome_of(*customer) : Outcome::fails);
}

void update_subscription(Record& subscription, json::object const& params)
{
    auto& world = *subscription.world;
    check_changeable(subscription, params);
    auto body = subscription.body; // What is refused half way has changed nothing.
    auto const before = items_of(body);
    auto const* items = array_in(params, "items");
    if (items) items_of(body) = changed_items(subscription, *items);
    if (items && text_of(params, "payment_behavior") == "error_if_incomplete" && fails_to_pay(subscription)) throw card_declined();
    change_end(subscription, body, params);
    copy_given(body, params, "description default_payment_method");
    if (auto const* behavior = value_at(params, "trial_settings.end_behavior"))
        copy_given(body.at("trial_settings").at("end_behavior").as_object(), behavior->as_object(),
                   "billing_cycle_anchor missing_payment_method");
    merge_metadata(body, params);
    if (auto const* given = object_in(params, "cancellation_details"))
        copy_given(body.at("cancellation_details").as_object(), *given, "comment feedback");
    if (auto const* pause = params.if_contains("pause_collection")) {
        json::value paused = nullptr;
        if (auto const* given = pause->if_object()) {
            json::object made{{"resumes_at", nullptr}};
            copy_given(made, *given, "behavior resumes_at");
            paused = std::move(made);
        }
        body["pause_collection"] = std::move(paused);
    }
    bool ends_trial = false;
    if (auto const* trial_end = params.if_contains("trial_end"); trial_end && !trial_end->is_null()) {
        ends_trial = trial_end->is_string();
        if (!ends_trial && trial_end->get_int64() <= world.now()) throw invalid("The trial end date has to be in the future.", "trial_end");
        body["trial_end"] = ends_trial ? json::value(world.now()) : *trial_end;
        if (!has_value(body, "trial_start")) body["trial_start"] = world.now();
        body["billing_cycle_anchor"] = body.at("trial_end");
        if (!ends_trial) body["status"] = "trialing";
        for (auto& item : items_of(body)) item.get_object()["current_period_end"] = body.at("trial_end");
    }
    world.change(subscription, "customer.subscription.updated", [&](json::object& now) { now = body; });
    if (ends_trial) { // Billed at once, without the hour as a draft.
        subscription_on_time(subscription);
        if (auto* invoice = latest_invoice(subscription); invoice && is_invoice(*invoice, "draft")) invoice_on_time(*invoice);
    }
    if (items || text_at(params, "billing_cycle_anchor.type") == "now") bill_change(subscription, before, params);
}

} // namespace pollux::sims::stripe
