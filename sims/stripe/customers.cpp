#include "stripe/customers.hpp"

#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/list.hpp"
#include "stripe/subscription_life.hpp"

namespace pollux::sims::stripe {

namespace {

void check_email(json::object const& params)
{
    auto const email = text_of(params, "email");
    if (email.empty()) return;
    auto const at = email.find('@');
    if (at == std::string::npos || at == 0 || email.find('.', at) == std::string::npos || email.size() > 512)
        throw invalid("Invalid email address: " + email, "email", "email_invalid");
}

json::value full_address(json::object const& given)
{
    json::object address;
    for (auto const* name : {"city", "country", "line1", "line2", "postal_code", "state"}) {
        auto const* value = given.if_contains(name);
        address[name] = value ? *value : json::value(nullptr);
    }
    return address;
}

// Test tokens stand for methods: each use makes one of the customer's own.
json::object new_card(bool fails)
{
    return {{"type", "card"},
            {"card",
             {{"brand", "visa"},
              {"checks", {{"address_line1_check", nullptr}, {"address_postal_code_check", nullptr}, {"cvc_check", "pass"}}},
              {"country", "US"},
              {"display_brand", "visa"},
              {"exp_month", 12},
              {"exp_year", 2034},
              {"fingerprint", random_letters(16)},
              {"funding", "credit"},
              {"generated_from", nullptr},
              {"last4", fails ? "0341" : "4242"},
              {"networks", {{"available", json::array{"visa"}}, {"preferred", nullptr}}},
              {"regulated_status", "unregulated"},
              {"three_d_secure_usage", {{"supported", true}}},
              {"wallet", nullptr}}},
            {"allow_redisplay", "unspecified"},
            {"metadata", json::object()}};
}

Record& attach(Record& customer, bool fails)
{
    auto made = new_card(fails);
    made["customer"] = customer.id();
    set_payments(customer, fails ? "fail" : "succeed");
    return customer.world->make("payment_method", "pm_", std::move(made), "payment_method.attached");
}

// "pm_card_visa" or the id of one that is this customer's already.
std::string method_of(Record& customer, std::string const& named, std::string const& param)
{
    if (named == "pm_card_visa") return attach(customer, false).id();
    if (named == "pm_card_chargeCustomerFail") return attach(customer, true).id();
    auto const& method = customer.world->need("payment_method", named, param);
    if (text_of(method.body, "customer") != customer.id())
        throw invalid("The customer does not have a payment method with the ID " + named +
                          ". The payment method must be attached to the customer.",
                      param, "resource_missing");
    return method.id();
}

void apply(Record& customer, json::object& body, json::object const& params)
{
    copy_given(body, params, "description email name phone preferred_locales tax_exempt balance business_name individual_name shipping");
    if (auto const* address = params.if_contains("address"))
        body["address"] = address->is_object() ? full_address(address->get_object()) : nullptr;
    merge_metadata(body, params);
    auto const method = text_of(params, "payment_method");
    if (!method.empty()) method_of(customer, method, "payment_method");
    auto const chosen = text_at(params, "invoice_settings.default_payment_method");
    if (!chosen.empty())
        body.at("invoice_settings").as_object()["default_payment_method"] =
            method_of(customer, chosen, "invoice_settings[default_payment_method]");
}

json::object create(Ask& ask)
{
    check_email(ask.params);
    return make_customer(ask.world, ask.params).body;
}

json::object retrieve(Ask& ask)
{
    auto const* record = ask.world.store.find("customer", ask.ids.front());
    if (record && record->is_deleted()) return record->body; // 200, with deleted: true.
    return ask.world.need("customer", ask.ids.front()).body;
}

json::object update(Ask& ask)
{
    check_email(ask.params);
    auto& customer = ask.world.need("customer", ask.ids.front());
    auto body = customer.body; // Whatever is refused has changed nothing.
    apply(customer, body, ask.params);
    ask.world.change(customer, "customer.updated", [&](json::object& now) { now = body; });
    return customer.body;
}

json::object remove(Ask& ask)
{
    auto& customer = ask.world.need("customer", ask.ids.front());
    delete_customer(customer);
    return customer.body;
}

json::object list(Ask& ask)
{
    auto const email = text_of(ask.params, "email");
    return list_of(ask, "customer", [&](Record const& one) { return email.empty() || text_of(one.body, "email") == email; });
}

json::object retrieve_method(Ask& ask)
{
    return ask.world.need("payment_method", ask.ids.front()).body;
}

} // namespace

std::string payments_of(Record const& customer)
{
    auto const how = text_of(customer.hidden, "payments");
    return how.empty() ? "succeed" : how;
}

void set_payments(Record& customer, std::string const& how)
{
    customer.hidden["payments"] = how;
}

Record& make_customer(World& world, json::object const& params, bool tells)
{
    auto& customer = world.make("customer", "cus_",
                                {{"address", nullptr},
                                 {"balance", 0},
                                 {"currency", nullptr},
                                 {"customer_account", nullptr},
                                 {"delinquent", false},
                                 {"discount", nullptr},
                                 {"invoice_prefix", random_letters(8)},
                                 {"name", nullptr},
                                 {"next_invoice_sequence", 1},
                                 {"phone", nullptr},
                                 {"preferred_locales", json::array()},
                                 {"tax_exempt", "none"},
                                 {"test_clock", nullptr}},
                                "");
    apply(customer, customer.body, params);
    if (tells) world.tell("customer.created", customer);
    return customer;
}

std::string give_payment_method(Record& customer)
{
    auto const id = attach(customer, payments_of(customer) == "fail").id();
    customer.world->change(customer, "customer.updated",
                           [&](json::object& body) { body.at("invoice_settings").as_object()["default_payment_method"] = id; });
    return id;
}

void delete_customer(Record& customer)
{
    auto& world = *customer.world;
    for (auto* subscription : world.store.of_customer("subscription", customer.id())) {
        if (!is_ended(*subscription)) cancel_now(*subscription, "cancellation_requested");
    }
    world.tell("customer.deleted", customer);
    customer.body = {{"id", customer.id()}, {"object", "customer"}, {"deleted", true}};
}

void add_customer_routes(std::vector<Route>& routes)
{
    constexpr std::string_view fields =
        "address balance business_name description email individual_name invoice_settings.default_payment_method "
        "metadata name payment_method phone preferred_locales shipping tax_exempt";
    routes.push_back({"POST /v1/customers", create, fields});
    routes.push_back({"GET /v1/customers", list, "created email ending_before limit starting_after"});
    routes.push_back({"GET /v1/customers/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/customers/{id}", update, fields});
    routes.push_back({"DELETE /v1/customers/{id}", remove, "*"});
    routes.push_back({"GET /v1/payment_methods/{id}", retrieve_method, "*"});
}

} // namespace pollux::sims::stripe
