#include "stripe/payments.hpp"

#include "stripe/customers.hpp"
#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/list.hpp"

namespace pollux::sims::stripe {

namespace {

Record* payment_of(Record const& invoice)
{
    return invoice.world->store.find("invoice_payment", text_of(invoice.hidden, "payment"));
}

Record& make_charge(Record& intent, bool is_paid)
{
    auto& world = *intent.world;
    auto const amount = number_of(intent.body, "amount");
    json::object made{{"amount", amount},
                      {"amount_captured", is_paid ? amount : 0},
                      {"amount_refunded", 0},
                      {"captured", is_paid},
                      {"currency", intent.body.at("currency")},
                      {"customer", intent.body.at("customer")},
                      {"disputed", false},
                      {"paid", is_paid},
                      {"payment_intent", intent.id()},
                      {"payment_method", intent.body.at("payment_method")},
                      {"refunded", false},
                      {"status", is_paid ? "succeeded" : "failed"}};
    if (!is_paid) {
        made["failure_code"] = "card_declined";
        made["failure_message"] = "Your card was declined.";
    }
    return world.make("charge", "ch_", std::move(made), is_paid ? "charge.succeeded" : "charge.failed");
}

json::object last_error(std::string const& charge)
{
    return {{"charge", charge},
            {"code", "card_declined"},
            {"decline_code", "generic_decline"},
            {"doc_url", "https://stripe.com/docs/error-codes/card-declined"},
            {"message", "Your card was declined."},
            {"type", "card_error"}};
}

json::object retrieve_intent(Ask& ask)
{
    return ask.world.need("payment_intent", ask.ids.front()).body;
}
json::object retrieve_charge(Ask& ask)
{
    return ask.world.need("charge", ask.ids.front()).body;
}
json::object retrieve_payment(Ask& ask)
{
    return ask.world.need("invoice_payment", ask.ids.front()).body;
}

json::object list_intents(Ask& ask)
{
    return list_of(ask, "payment_intent", [](Record const&) { return true; });
}

json::object list_charges(Ask& ask)
{
    auto const intent = text_of(ask.params, "payment_intent");
    return list_of(ask, "charge", [&](Record const& one) { return intent.empty() || text_of(one.body, "payment_intent") == intent; });
}

json::object list_payments(Ask& ask)
{
    auto const* payment = object_in(ask.params, "payment");
    auto const invoice = text_of(ask.params, "invoice");
    auto const status = text_of(ask.params, "status");
    auto const intent = payment ? text_of(*payment, "payment_intent") : std::string();
    if (payment && text_of(*payment, "type") == "payment_intent" && intent.empty()) throw missing_param("payment[payment_intent]");
    if (payment && text_of(*payment, "type") != "payment_intent") throw not_simulated("payment records");
    return list_of(ask, "invoice_payment", [&](Record const& one) {
        if (!invoice.empty() && text_of(one.body, "invoice") != invoice) return false;
        if (!status.empty() && text_of(one.body, "status") != status) return false;
        return intent.empty() || text_at(one.body, "payment.payment_intent") == intent;
    });
}

} // namespace

Outcome outcome_of(Record const& customer)
{
    auto const how = payments_of(customer);
    return how == "fail" ? Outcome::fails : how == "process" ? Outcome::processes : Outcome::succeeds;
}

void make_intent(Record& invoice)
{
    auto& world = *invoice.world;
    auto const amount = number_of(invoice.body, "amount_due");
    auto const* customer = world.store.find("customer", text_of(invoice.body, "customer"));
    auto const id = make_id("pi_");
    auto& intent =
        world.make("payment_intent", "pi_",
                   {{"id", id},
                    {"amount", amount},
                    {"amount_capturable", 0},
                    {"amount_received", 0},
                    {"capture_method", "automatic"},
                    {"client_secret", id + "_secret_" + random_letters(24)},
                    {"confirmation_method", "automatic"},
                    {"currency", invoice.body.at("currency")},
                    {"customer", invoice.body.at("customer")},
                    {"description", "Subscription payment"},
                    {"payment_method", text_or_null(customer ? text_at(customer->body, "invoice_settings.default_payment_method") : "")},
                    {"payment_method_types", json::array{"card"}},
                    {"setup_future_usage", "off_session"},
                    {"status", "requires_payment_method"}},
                   "payment_intent.created");
    auto& payment = world.make("invoice_payment", "inpay_",
                               {{"amount_requested", amount},
                                {"currency", invoice.body.at("currency")},
                                {"invoice", invoice.id()},
                                {"is_default", true},
                                {"payment", {{"type", "payment_intent"}, {"payment_intent", intent.id()}}},
                                {"status", "open"}},
                               "");
    invoice.hidden["payment"] = payment.id();
    invoice.hidden["intent"] = intent.id();
    intent.hidden["invoice"] = invoice.id();
}

Record* intent_of(Record const& invoice)
{
    return invoice.world->store.find("payment_intent", text_of(invoice.hidden, "intent"));
}

void try_intent(Record& intent, Outcome outcome)
{
    auto& world = *intent.world;
    if (outcome == Outcome::processes) {
        world.change(intent, "payment_intent.processing", [](json::object& body) { body["status"] = "processing"; });
        return;
    }
    bool const is_paid = outcome == Outcome::succeeds;
    auto const charge = make_charge(intent, is_paid).id();
    world.change(intent, is_paid ? "payment_intent.succeeded" : "payment_intent.payment_failed", [&](json::object& body) {
        body["latest_charge"] = charge;
        body["status"] = is_paid ? "succeeded" : "requires_payment_method";
        if (is_paid) body["amount_received"] = body.at("amount");
        body["last_payment_error"] = is_paid ? json::value(nullptr) : json::value(last_error(charge));
    });
}

void cancel_intent(Record const& invoice)
{
    auto& world = *invoice.world;
    auto* intent = intent_of(invoice);
    if (!intent || text_of(intent->body, "status") == "succeeded") return;
    world.change(*intent, "payment_intent.canceled", [&](json::object& body) {
        body["status"] = "canceled";
        body["canceled_at"] = world.now();
        body["cancellation_reason"] = "void_invoice";
    });
    world.change(*payment_of(invoice), "", [&](json::object& body) {
        body["status"] = "canceled";
        body.at("status_transitions").as_object()["canceled_at"] = world.now();
    });
}

void settle_payment(Record const& invoice)
{
    auto* payment = payment_of(invoice);
    if (!payment) return;
    invoice.world->change(*payment, "invoice_payment.paid", [&](json::object& body) {
        body["status"] = "paid";
        body["amount_paid"] = body.at("amount_requested");
        body.at("status_transitions").as_object()["paid_at"] = invoice.world->now();
    });
}

void add_payment_routes(std::vector<Route>& routes)
{
    routes.push_back({"GET /v1/payment_intents", list_intents, "created customer ending_before limit starting_after"});
    routes.push_back({"GET /v1/payment_intents/{id}", retrieve_intent, ""});
    routes.push_back({"GET /v1/charges", list_charges, "created customer ending_before limit payment_intent starting_after"});
    routes.push_back({"GET /v1/charges/{id}", retrieve_charge, "*"});
    routes.push_back({"GET /v1/invoice_payments", list_payments, "*"});
    routes.push_back({"GET /v1/invoice_payments/{id}", retrieve_payment, "*"});
}

} // namespace pollux::sims::stripe
