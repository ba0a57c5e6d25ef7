#include "stripe/checkout_checks.hpp"

#include "stripe/errors.hpp"

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t reference_characters_max = 200;
constexpr std::int64_t line_items_max = 20;

void check_line_items(World& world, json::object const& params)
{
    auto const* items = array_in(params, "line_items");
    if (!items || items->empty()) throw missing_param("line_items");
    if (static_cast<std::int64_t>(items->size()) > line_items_max) throw invalid("You can have up to 20 line items.", "line_items");
    bool recurs = false;
    for (std::size_t i = 0; i < items->size(); ++i) {
        auto const param = "line_items[" + std::to_string(i) + "]";
        auto const& item = (*items)[i].get_object();
        auto const id = text_of(item, "price");
        if (id.empty()) throw missing_param(param + "[price]");
        auto const& price = world.need("price", id, param + "[price]");
        if (!flag_of(price.body, "active"))
            throw invalid("The price specified is inactive. This field only accepts active prices.", param + "[price]");
        auto const& product = world.need("product", text_of(price.body, "product"));
        if (!flag_of(product.body, "active"))
            throw invalid("Price `" + id + "` is not available to be purchased because its product is not active.", param);
        if (!item.contains("quantity")) throw missing_param(param + "[quantity]");
        if (number_of(item, "quantity") < 1)
            throw invalid("This value must be greater than or equal to 1.", param + "[quantity]", "parameter_invalid_integer");
        recurs |= has_value(price.body, "recurring");
    }
    if (!recurs) throw invalid("You must provide at least one recurring price in `subscription` mode when using prices.", "line_items");
}

void check_customer(World& world, json::object const& params)
{
    auto const id = text_of(params, "customer");
    if (!id.empty() && has_value(params, "customer_email"))
        throw invalid("You may only specify one of these parameters: customer, customer_email.", "customer");
    auto const* update = object_in(params, "customer_update");
    if (id.empty() && update) throw invalid("`customer_update` can only be used with `customer`.", "customer_update");
    if (id.empty()) return;
    auto const& customer = world.need("customer", id, "customer");
    auto const mode = [&](std::string_view field) { return update ? text_of(*update, field) : std::string(); };
    auto const* tax = object_in(params, "automatic_tax");
    if (tax && flag_of(*tax, "enabled") && !has_value(customer.body, "address") && mode("address") != "auto")
        throw invalid(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set "
            "either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save the address entered in "
            "Checkout to the Customer.",
            "", "customer_tax_location_invalid");
    auto const* ids = object_in(params, "tax_id_collection");
    if (ids && flag_of(*ids, "enabled") && mode("name") != "auto")
        throw invalid(
            "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, "
            "please set `customer_update[name]` to `auto`.",
            "");
}

void check_times(World& world, json::object const& params)
{
    if (has_value(params, "expires_at")) {
        auto const left = number_of(params, "expires_at") - world.now();
        // The clocks of caller and Stripe differ by some seconds.
        if (left < 30 * minute - minute)
            throw invalid("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at");
        if (left > day + minute)
            throw invalid("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at");
    }
    auto const* data = object_in(params, "subscription_data");
    if (!data) return;
    if (has_value(*data, "trial_period_days") && has_value(*data, "trial_end"))
        throw invalid("You may only specify one of these parameters: trial_end, trial_period_days.", "subscription_data[trial_end]");
    if (data->contains("trial_period_days") && number_of(*data, "trial_period_days") < 1)
        throw invalid("The minimum number of trial period days is 1.", "subscription_data[trial_period_days]");
    if (has_value(*data, "trial_end") && number_of(*data, "trial_end") < world.now() + 2 * day)
        throw invalid("The `trial_end` date has to be at least 2 days in the future.", "subscription_data[trial_end]");
}

} // namespace

void check_session(World& world, json::object const& params)
{
    auto const mode = text_of(params, "mode");
    if (mode.empty()) throw missing_param("mode");
    if (mode != "subscription") throw not_simulated("Checkout in mode " + mode);
    auto const ui = text_of(params, "ui_mode");
    if (!ui.empty() && ui != "hosted_page") throw not_simulated("ui_mode " + ui);
    if (!has_value(params, "success_url")) throw missing_param("success_url");
    for (auto const* name : {"success_url", "cancel_url"}) {
        auto const url = text_of(params, name);
        if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://"))
            throw invalid("Not a valid URL", name, "url_invalid");
    }
    if (text_of(params, "client_reference_id").size() > reference_characters_max)
        throw invalid("Invalid string: must be at most 200 characters", "client_reference_id");
    check_line_items(world, params);
    check_customer(world, params);
    check_times(world, params);
}

} // namespace pollux::sims::stripe
