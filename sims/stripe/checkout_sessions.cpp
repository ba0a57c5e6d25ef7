#include "stripe/checkout_sessions.hpp"

#include "stripe/checkout_checks.hpp"
#include "stripe/customers.hpp"
#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/list.hpp"
#include "stripe/shapes.hpp"
#include "stripe/subscriptions.hpp"

namespace pollux::sims::stripe {

namespace {

bool is_open(Record const& session)
{
    return text_of(session.body, "status") == "open";
}

Record* subscription_of_session(Record const& session)
{
    return session.world->store.find("subscription", text_of(session.body, "subscription"));
}

json::object line_item(Record const& price, std::int64_t quantity, std::string const& name)
{
    auto item = blank("item");
    auto const amount = number_of(price.body, "unit_amount") * quantity;
    item["id"] = make_id("li_");
    item["amount_discount"] = 0;
    item["amount_subtotal"] = amount;
    item["amount_tax"] = 0;
    item["amount_total"] = amount;
    item["currency"] = price.body.at("currency");
    item["description"] = name;
    item["price"] = price.body;
    item["quantity"] = quantity;
    return item;
}

json::array line_items(World& world, json::object const& params)
{
    json::array items;
    for (auto const& value : params.at("line_items").get_array()) {
        auto const& asked = value.get_object();
        auto const& price = world.need("price", text_of(asked, "price"), "line_items[0][price]");
        auto const* product = world.store.find("product", text_of(price.body, "product"));
        items.push_back(
            line_item(price, asked.contains("quantity") ? number_of(asked, "quantity") : 1, product ? text_of(product->body, "name") : ""));
    }
    return items;
}

std::int64_t sum(json::array const& items)
{
    std::int64_t total = 0;
    for (auto const& item : items) total += number_of(item.get_object(), "amount_total");
    return total;
}

std::string page_of(Record const& session)
{
    return session.world->base_url + "/c/pay/" + session.id();
}

json::object create(Ask& ask)
{
    auto& world = ask.world;
    auto const& params = ask.params;
    check_session(world, params);
    auto items = line_items(world, params);
    bool const recovers =
        value_at(params, "after_expiration.recovery.enabled") && value_at(params, "after_expiration.recovery.enabled")->get_bool();
    auto const total = sum(items);
    auto automatic_tax = blank("checkout.session").at("automatic_tax").as_object();
    bool const is_taxed = flag_of(object_in(params, "automatic_tax") ? *object_in(params, "automatic_tax") : json::object(), "enabled");
    automatic_tax["enabled"] = is_taxed;
    if (is_taxed) automatic_tax["status"] = "requires_location_inputs";
    json::object made{{"amount_subtotal", total},
                      {"amount_total", total},
                      {"automatic_tax", std::move(automatic_tax)},
                      {"currency", items.front().at("currency")},
                      {"customer_creation", has_value(params, "customer") ? json::value(nullptr) : json::value("always")},
                      {"expires_at", world.now() + day},
                      {"mode", "subscription"},
                      {"payment_method_collection", "always"},
                      {"payment_method_options", json::object()},
                      {"payment_method_types", json::array{"card"}},
                      {"payment_status", "unpaid"},
                      {"phone_number_collection", {{"enabled", false}}},
                      {"status", "open"},
                      {"total_details", {{"amount_discount", 0}, {"amount_shipping", 0}, {"amount_tax", 0}}},
                      {"ui_mode", "hosted_page"}};
    copy_given(made, params,
               "allow_promotion_codes billing_address_collection cancel_url client_reference_id customer customer_email expires_at locale "
               "payment_method_collection success_url");
    if (recovers)
        made["after_expiration"] = {
            {"recovery", {{"allow_promotion_codes", false}, {"enabled", true}, {"expires_at", nullptr}, {"url", nullptr}}}};
    if (auto const* saved = object_in(params, "saved_payment_method_options")) {
        json::object options{
            {"allow_redisplay_filters", json::array{"always"}}, {"payment_method_remove", nullptr}, {"payment_method_save", nullptr}};
        copy_given(options, *saved, "payment_method_remove payment_method_save");
        made["saved_payment_method_options"] = std::move(options);
    }
    if (auto const* ids = object_in(params, "tax_id_collection"))
        made["tax_id_collection"] = {{"enabled", flag_of(*ids, "enabled")}, {"required", "never"}};
    merge_metadata(made, params);
    if (!made.contains("metadata")) made["metadata"] = json::object();
    auto& session = world.make("checkout.session", world.live ? "cs_live_" : "cs_test_", std::move(made), "");
    session.body["url"] = page_of(session);
    session.hidden["line_items"] = std::move(items);
    if (auto const* data = object_in(params, "subscription_data")) session.hidden["subscription_data"] = *data;
    session.hidden["saves_address"] = text_at(params, "customer_update.address") == "auto";
    return session.body;
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("checkout.session", ask.ids.front()).body;
}

json::object list(Ask& ask)
{
    auto const subscription = text_of(ask.params, "subscription");
    auto const intent = text_of(ask.params, "payment_intent");
    auto const status = text_of(ask.params, "status");
    return list_of(ask, "checkout.session", [&](Record const& one) {
        if (!subscription.empty() && text_of(one.body, "subscription") != subscription) return false;
        if (!intent.empty() && text_of(one.body, "payment_intent") != intent) return false;
        return status.empty() || text_of(one.body, "status") == status;
    });
}

json::object list_items(Ask& ask)
{
    auto const& session = ask.world.need("checkout.session", ask.ids.front());
    return {{"object", "list"}, {"data", session.hidden.at("line_items")}, {"has_more", false}, {"url", ask.path}};
}

void expire_now(Record& session)
{
    auto& world = *session.world;
    auto* subscription = subscription_of_session(session);
    world.change(session, "checkout.session.expired", [&](json::object& body) {
        body["status"] = "expired";
        body["url"] = nullptr;
        if (auto* after = object_in(body, "after_expiration")) {
            auto& recovery = after->at("recovery").as_object();
            recovery["expires_at"] = world.now() + 30 * day;
            recovery["url"] = world.base_url + "/c/recover/" + session.id();
        }
    });
    if (subscription && status_of(*subscription) == "incomplete") expire_incomplete(*subscription);
}

json::object expire(Ask& ask)
{
    auto& session = ask.world.need("checkout.session", ask.ids.front());
    if (!is_open(session))
        throw invalid("Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `" +
                      text_of(session.body, "status") + "`.");
    expire_now(session);
    return session.body;
}

Record& buyer(Record& session)
{
    auto& world = *session.world;
    auto const id = text_of(session.body, "customer");
    if (!id.empty()) return world.need("customer", id, "customer");
    auto const email = text_of(session.body, "customer_email");
    auto& customer = make_customer(world, {{"email", email.empty() ? "buyer@example.com" : email}, {"name", "A Buyer"}});
    session.body["customer"] = customer.id();
    world.store.belongs(session, customer.id());
    return customer;
}

Record& subscribe(Record& session, First first)
{
    auto& world = *session.world;
    auto& customer = buyer(session);
    auto const* data = object_in(session.hidden, "subscription_data");
    bool const is_trial = data && (has_value(*data, "trial_period_days") || has_value(*data, "trial_end"));
    // A card is asked for, but in a trial of a session that collects one only if it is required.
    if (!is_trial || text_of(session.body, "payment_method_collection") != "if_required") give_payment_method(customer);
    NewSubscription asked;
    asked.first = first;
    asked.fields["billing_mode"] = billing_mode_of(data ? object_in(*data, "billing_mode") : nullptr);
    asked.fields["default_payment_method"] = customer.body.at("invoice_settings").at("default_payment_method");
    if (data) {
        copy_given(asked.fields, *data, "description trial_settings");
        merge_metadata(asked.fields, *data);
        if (has_value(*data, "trial_period_days")) asked.trial_end = world.now() + number_of(*data, "trial_period_days") * day;
        if (has_value(*data, "trial_end")) asked.trial_end = number_of(*data, "trial_end");
    }
    for (auto const& item : session.hidden.at("line_items").get_array())
        asked.items.push_back({{"price", item.at("price").at("id")}, {"quantity", item.at("quantity")}});
    auto& subscription = make_subscription(customer, std::move(asked));
    subscription.hidden["session"] = session.id();
    session.body["subscription"] = subscription.id();
    return subscription;
}

// payment_status as the first invoice has it.
void complete(Record& session, Record const& subscription)
{
    auto& world = *session.world;
    auto const* invoice = latest_invoice(subscription);
    auto* customer = world.store.find("customer", text_of(session.body, "customer"));
    if (flag_of(session.hidden, "saves_address")) {
        world.change(*customer, "customer.updated", [](json::object& body) {
            body["address"] = {{"city", "Bonn"},   {"country", "DE"},        {"line1", "Weg 1"},
                               {"line2", nullptr}, {"postal_code", "53111"}, {"state", nullptr}};
        });
    }
    bool const is_free = invoice && number_of(invoice->body, "amount_due") == 0;
    bool const is_paid = invoice && is_invoice(*invoice, "paid");
    world.change(session, "", [&](json::object& body) {
        body["status"] = "complete";
        body["payment_status"] = is_free ? "no_payment_required" : is_paid ? "paid" : "unpaid";
        body["url"] = nullptr;
        auto& tax = body.at("automatic_tax").as_object();
        if (flag_of(tax, "enabled")) tax["status"] = "complete";
        body["invoice"] = text_or_null(invoice ? invoice->id() : "");
        body["customer_details"] = {{"address", customer->body.at("address")},
                                    {"business_name", nullptr},
                                    {"email", customer->body.at("email")},
                                    {"individual_name", nullptr},
                                    {"name", customer->body.at("name")},
                                    {"phone", nullptr},
                                    {"tax_exempt", "none"},
                                    {"tax_ids", json::array()}};
    });
    world.tell("checkout.session.completed", session);
}

enum class Page { closes, stays_open };

void pay(Record& session, First first, Page page = Page::closes)
{
    buyer(session); // Refused where the customer is gone by now.
    auto* subscription = subscription_of_session(session);
    if (!subscription) {
        subscription = &subscribe(session, first);
    } else if (auto* invoice = latest_invoice(*subscription); invoice && is_invoice(*invoice, "open")) {
        // It was left incomplete; the buyer comes back to the same page.
        collect(*invoice, first == First::paid ? Outcome::succeeds : Outcome::processes);
        if (first == First::processing) set_status(*subscription, "active");
    }
    if (page == Page::closes) complete(session, *subscription);
}

void end_async(Record& session, bool succeeds)
{
    auto& world = *session.world;
    auto* subscription = subscription_of_session(session);
    auto* invoice = subscription ? world.store.find("invoice", text_of(session.body, "invoice")) : nullptr;
    if (!invoice || text_of(session.body, "payment_status") != "unpaid" || text_of(session.body, "status") != "complete" ||
        !is_invoice(*invoice, "open"))
        throw invalid("this session waits for no delayed payment");
    if (succeeds) {
        if (auto* intent = intent_of(*invoice)) try_intent(*intent, Outcome::succeeds);
        mark_paid(*invoice);
        world.change(session, "", [](json::object& body) { body["payment_status"] = "paid"; });
        world.tell("checkout.session.async_payment_succeeded", session);
        return;
    }
    // The invoice is voided and the subscription stays as it is; an incomplete one ends.
    if (auto* intent = intent_of(*invoice)) try_intent(*intent, Outcome::fails);
    void_invoice(*invoice);
    world.tell("checkout.session.async_payment_failed", session);
}

} // namespace

std::int64_t session_due(Record const& session)
{
    return is_open(session) ? number_of(session.body, "expires_at") : 0;
}

void session_on_time(Record& session)
{
    if (is_open(session)) expire_now(session);
}

void act_on_session(Record& session, std::string const& what)
{
    if (what == "async_succeed" || what == "async_fail") return end_async(session, what == "async_succeed");
    if (!is_open(session)) throw invalid("the page of this session is closed: it is " + text_of(session.body, "status"));
    if (what == "pay") return pay(session, First::paid);
    if (what == "pay_later") return pay(session, First::processing);
    if (what == "pay_later_incomplete") return pay(session, First::processing_incomplete);
    if (what == "incomplete") return pay(session, First::processing_incomplete, Page::stays_open);
    if (what == "decline") return; // The page says so and stays open; nothing is made.
    if (what == "expire") return expire_now(session);
    throw invalid("do is pay, decline, pay_later, pay_later_incomplete, incomplete, async_succeed, async_fail or expire");
}

std::string return_address(Record const& session)
{
    auto address = text_of(session.body, "success_url");
    constexpr std::string_view place = "{CHECKOUT_SESSION_ID}";
    for (auto at = address.find(place); at != std::string::npos; at = address.find(place, at))
        address.replace(at, place.size(), session.id());
    return address;
}

void add_checkout_routes(std::vector<Route>& routes)
{
    routes.push_back(
        {"POST /v1/checkout/sessions", create,
         "after_expiration.recovery allow_promotion_codes automatic_tax billing_address_collection cancel_url client_reference_id "
         "customer customer_email customer_update expires_at line_items.price line_items.quantity locale metadata mode "
         "payment_method_collection saved_payment_method_options.payment_method_remove saved_payment_method_options.payment_method_save "
         "success_url subscription_data.billing_mode subscription_data.description "
         "subscription_data.metadata subscription_data.trial_end subscription_data.trial_period_days subscription_data.trial_settings "
         "tax_id_collection.enabled ui_mode"});
    routes.push_back(
        {"GET /v1/checkout/sessions", list, "created customer ending_before limit payment_intent starting_after status subscription"});
    routes.push_back({"GET /v1/checkout/sessions/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/checkout/sessions/{id}/expire", expire, "*"});
    routes.push_back({"GET /v1/checkout/sessions/{id}/line_items", list_items, "limit"});
}

} // namespace pollux::sims::stripe
