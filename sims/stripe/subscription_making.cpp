#include "stripe/subscription_life.hpp"

#include "stripe/customers.hpp"
#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/list.hpp"
#include "stripe/prices.hpp"
#include "stripe/shapes.hpp"

#include <set>

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t items_max = 20;

void check_items(json::array const& items)
{
    if (items.empty()) throw missing_param("items");
    if (items.size() > items_max) throw invalid("A subscription can have up to 20 items.", "items");
    std::set<std::string> prices;
    std::string interval;
    for (auto const& item : items) {
        auto const& price = item.at("price").get_object();
        if (!prices.insert(text_of(price, "id")).second)
            throw invalid("Cannot add multiple subscription items with the same plan: " + text_of(price, "id"), "items");
        auto const& first = items.front().at("price").get_object();
        if (price.at("currency") != first.at("currency"))
            throw invalid("All prices on a subscription must have the same `currency`.", "items");
        if (price.at("recurring") != first.at("recurring"))
            throw invalid(
                "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`. If you meant to "
                "update an existing subscription item instead of creating a new one, make sure to include the subscription item ID in "
                "your request. See examples at "
                "https://docs.stripe.com/billing/subscriptions/multiple-products#update-multi-plan-subscription.",
                "items");
    }
}

json::object trial_settings(json::object const& fields)
{
    json::object behavior{{"billing_cycle_anchor", "now"}, {"missing_payment_method", "create_invoice"}};
    auto const* given = value_at(fields, "trial_settings.end_behavior");
    if (given && given->is_object()) copy_given(behavior, given->get_object(), "billing_cycle_anchor missing_payment_method");
    return {{"end_behavior", std::move(behavior)}};
}

} // namespace

json::object make_item(World& world, std::string const& subscription, json::object const& asked, std::string const& param)
{
    auto const id = text_of(asked, "price");
    if (id.empty()) throw missing_param(param + "[price]");
    auto const& price = world.need("price", id, param + "[price]");
    if (!flag_of(price.body, "active"))
        throw invalid("The price specified is inactive. This field only accepts active prices.", param + "[price]");
    if (!has_value(price.body, "recurring"))
        throw invalid("The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
                      param + "[price]");
    if (number_of(asked, "quantity") < 0)
        throw invalid("This value must be greater than or equal to 0.", param + "[quantity]", "parameter_invalid_integer");
    auto item = blank("subscription_item");
    item["id"] = make_id("si_");
    item["created"] = world.now();
    item["current_period_start"] = 0;
    item["current_period_end"] = 0;
    merge_metadata(item, asked);
    item["plan"] = plan_of(price.body);
    item["price"] = price.body;
    item["quantity"] = asked.contains("quantity") ? number_of(asked, "quantity") : 1;
    item["subscription"] = subscription;
    item["tax_rates"] = json::array();
    return item;
}

std::vector<Line> lines_of(Record const& subscription, std::int64_t start, std::int64_t end)
{
    std::vector<Line> lines;
    for (auto const& value : subscription.body.at("items").at("data").get_array()) {
        auto const& item = value.get_object();
        Line line;
        line.item = text_of(item, "id");
        line.price = item.at("price").get_object();
        line.quantity = number_of(item, "quantity");
        line.amount = number_of(line.price, "unit_amount") * line.quantity;
        line.start = start;
        line.end = end;
        line.description = std::to_string(line.quantity) + " x " + text_of(line.price, "nickname");
        lines.push_back(std::move(line));
    }
    return lines;
}

Record& make_subscription(Record& customer, NewSubscription asked)
{
    auto& world = *customer.world;
    auto const id = make_id("sub_");
    json::array items;
    for (std::size_t i = 0; i < asked.items.size(); ++i)
        items.push_back(make_item(world, id, asked.items[i].get_object(), "items[" + std::to_string(i) + "]"));
    check_items(items);
    auto const currency = text_of(items.front().at("price").get_object(), "currency");
    auto const begin = asked.anchor > 0 ? asked.anchor : world.now();
    bool const is_trial = asked.trial_end > begin;
    auto const invoice_id = make_id("in_");

    auto made = std::move(asked.fields);
    auto settings = trial_settings(made);
    made["id"] = id;
    made["trial_settings"] = std::move(settings);
    made["billing_cycle_anchor"] = is_trial ? asked.trial_end : begin;
    if (!made.contains("billing_mode")) made["billing_mode"] = {{"flexible", {{"proration_discounts", "included"}}}, {"type", "flexible"}};
    if (!made.contains("metadata")) made["metadata"] = json::object();
    made["cancel_at_period_end"] = false;
    made["cancellation_details"] = {{"comment", nullptr}, {"feedback", nullptr}, {"feedback_option", nullptr}, {"reason", nullptr}};
    made["collection_method"] = "charge_automatically";
    made["currency"] = currency;
    made["customer"] = customer.id();
    made["items"] = inner_list(std::move(items), "/v1/subscription_items?subscription=" + id);
    made["latest_invoice"] = invoice_id;
    made["payment_settings"] = {
        {"payment_method_options", nullptr}, {"payment_method_types", nullptr}, {"save_default_payment_method", "off"}};
    made["start_date"] = begin;
    made["status"] = is_trial ? "trialing" : "incomplete";
    made["automatic_tax"] = {{"disabled_reason", nullptr}, {"enabled", false}, {"liability", nullptr}};
    auto invoice_settings = blank("subscription").at("invoice_settings").as_object();
    invoice_settings["issuer"] = {{"type", "self"}};
    made["invoice_settings"] = std::move(invoice_settings);
    if (is_trial) {
        made["trial_start"] = begin;
        made["trial_end"] = asked.trial_end;
    }
    auto& subscription = world.make("subscription", "sub_", std::move(made), "");
    begin_period(subscription, begin, false);
    if (!has_value(customer.body, "currency")) customer.body["currency"] = currency;
    if (!asked.has_events) { // Made in bulk: there as if it had been for long.
        subscription.body["status"] = is_trial ? "trialing" : "active";
        subscription.body["latest_invoice"] = nullptr;
        world.change(subscription, "", [](json::object&) {});
        return subscription;
    }
    world.tell("customer.subscription.created", subscription);

    NewInvoice first{.id = invoice_id,
                     .reason = "subscription_create",
                     .lines = lines_of(subscription, begin, period_end(subscription)),
                     .period_start = begin,
                     .period_end = begin};
    if (is_trial) {
        for (auto& line : first.lines) line.amount = 0;
    }
    auto& invoice = make_invoice(subscription, first);
    finalize(invoice); // A trial's is paid by this.
    if (is_invoice(invoice, "paid")) return subscription;
    auto how = asked.first;
    if (how == First::by_customer) {
        auto const outcome = outcome_of(customer);
        how = outcome == Outcome::succeeds ? First::paid : outcome == Outcome::fails ? First::declined : First::processing;
    }
    collect(invoice, how == First::paid ? Outcome::succeeds : how == First::declined ? Outcome::fails : Outcome::processes);
    if (how == First::processing) set_status(subscription, "active"); // Before the money, as Stripe does.
    return subscription;
}

} // namespace pollux::sims::stripe
