#include "stripe/invoices.hpp"

#include "stripe/customers.hpp"
#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/list.hpp"
#include "stripe/shapes.hpp"
#include "stripe/subscription_life.hpp"

#include <cstdio>

namespace pollux::sims::stripe {

namespace {

json::object line_of(Line const& line, Record const& subscription, std::string const& invoice)
{
    auto const& world = *subscription.world;
    auto made = blank("line_item");
    made["id"] = make_id("il_");
    made["amount"] = line.amount;
    made["subtotal"] = line.amount;
    made["currency"] = line.price.at("currency");
    made["description"] = line.description;
    made["discount_amounts"] = json::array();
    made["discountable"] = !line.is_proration;
    made["invoice"] = invoice;
    made["livemode"] = world.live;
    made["metadata"] = subscription.body.at("metadata");
    made["parent"] = {{"invoice_item_details", nullptr},
                      {"subscription_item_details",
                       {{"invoice_item", nullptr},
                        {"proration", line.is_proration},
                        {"proration_details", json::object{{"credited_items", nullptr}}},
                        {"subscription", subscription.id()},
                        {"subscription_item", line.item}}},
                      {"type", "subscription_item_details"}};
    made["period"] = {{"end", line.end}, {"start", line.start}};
    made["pretax_credit_amounts"] = json::array();
    made["pricing"] = {{"price_details", {{"price", line.price.at("id")}, {"product", line.price.at("product")}}},
                       {"type", "price_details"},
                       {"unit_amount_decimal", line.price.at("unit_amount_decimal")}};
    made["quantity"] = line.quantity;
    made["quantity_decimal"] = std::to_string(line.quantity);
    made["subscription"] = subscription.id();
    made["taxes"] = json::array();
    return made;
}

std::string number_for(World& world, Record const* customer)
{
    char digits[24];
    std::snprintf(digits, sizeof digits, "-%04zu", ++world.invoices);
    return (customer ? text_of(customer->body, "invoice_prefix") : std::string("INV")) + digits;
}

Outcome outcome_for(Record const& invoice)
{
    auto const* customer = invoice.world->store.find("customer", text_of(invoice.body, "customer"));
    return customer && !customer->is_deleted() ? outcome_of(*customer) : Outcome::fails;
}

void failed_once(Record& invoice)
{
    auto& world = *invoice.world;
    auto* subscription = subscription_of(invoice);
    bool const is_first = text_of(invoice.body, "billing_reason") == "subscription_create";
    world.change(invoice, "", [&](json::object& body) {
        auto const tries = number_of(body, "attempt_count");
        auto const& gaps = world.settings.retry_after_s;
        bool const again = flag_of(body, "auto_advance") && !is_first && tries >= 1 && static_cast<std::size_t>(tries) <= gaps.size();
        body["next_payment_attempt"] = again ? json::value(world.now() + gaps[static_cast<std::size_t>(tries - 1)]) : json::value(nullptr);
    });
    world.tell("invoice.payment_failed", invoice);
    if (subscription) invoice_failed(*subscription, invoice);
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("invoice", ask.ids.front()).body;
}

json::object list(Ask& ask)
{
    auto const subscription = text_of(ask.params, "subscription");
    auto const status = text_of(ask.params, "status");
    return list_of(ask, "invoice", [&](Record const& one) {
        if (!subscription.empty() && text_at(one.body, "parent.subscription_details.subscription") != subscription) return false;
        return status.empty() || text_of(one.body, "status") == status;
    });
}

json::object finalize_now(Ask& ask)
{
    auto& invoice = ask.world.need("invoice", ask.ids.front());
    if (!is_invoice(invoice, "draft"))
        throw invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.", "", "invoice_not_editable");
    if (ask.params.contains("auto_advance")) invoice.body["auto_advance"] = flag_of(ask.params, "auto_advance");
    finalize(invoice);
    return invoice.body;
}

json::object pay(Ask& ask)
{
    auto& invoice = ask.world.need("invoice", ask.ids.front());
    if (is_invoice(invoice, "paid")) throw invalid("Invoice is already paid");
    if (is_invoice(invoice, "void")) throw invalid("You can't pay a voided invoice.");
    if (is_invoice(invoice, "draft")) finalize(invoice);
    if (flag_of(ask.params, "paid_out_of_band"))
        mark_paid(invoice);
    else if (!is_invoice(invoice, "paid") && !collect(invoice, outcome_for(invoice)) && outcome_for(invoice) == Outcome::fails)
        throw card_declined();
    return invoice.body;
}

json::object make_void(Ask& ask)
{
    auto& invoice = ask.world.need("invoice", ask.ids.front());
    if (!is_invoice(invoice, "open") && !is_invoice(invoice, "uncollectible"))
        throw invalid("You can only pass in open invoices. This invoice isn't open.", "", "status_transition_invalid");
    void_invoice(invoice);
    return invoice.body;
}

json::object make_uncollectible(Ask& ask)
{
    auto& invoice = ask.world.need("invoice", ask.ids.front());
    if (!is_invoice(invoice, "open")) throw invalid("You can only mark open invoices as uncollectible.", "", "status_transition_invalid");
    mark_uncollectible(invoice);
    return invoice.body;
}

} // namespace

Record& make_invoice(Record& subscription, NewInvoice const& asked)
{
    auto& world = *subscription.world;
    auto const* customer = world.store.find("customer", text_of(subscription.body, "customer"));
    auto const id = asked.id.empty() ? make_id("in_") : asked.id;
    json::array lines;
    std::int64_t total = 0;
    for (auto const& line : asked.lines) {
        total += line.amount;
        lines.push_back(line_of(line, subscription, id));
    }
    auto const due = std::max<std::int64_t>(0, total);
    json::object made{{"id", id},
                      {"amount_due", due},
                      {"amount_overpaid", 0},
                      {"amount_paid", 0},
                      {"amount_remaining", due},
                      {"amount_shipping", 0},
                      {"attempt_count", 0},
                      {"attempted", false},
                      {"auto_advance", asked.advances},
                      {"billing_reason", asked.reason},
                      {"collection_method", "charge_automatically"},
                      {"currency", subscription.body.at("currency")},
                      {"customer", subscription.body.at("customer")},
                      {"customer_tax_exempt", "none"},
                      {"customer_tax_ids", json::array()},
                      {"default_payment_method", nullptr},
                      {"hosted_invoice_url", nullptr},
                      {"invoice_pdf", nullptr},
                      {"lines", inner_list(std::move(lines), "/v1/invoices/" + id + "/lines")},
                      {"metadata", json::object()},
                      {"parent",
                       {{"quote_details", nullptr},
                        {"subscription_details", {{"metadata", subscription.body.at("metadata")}, {"subscription", subscription.id()}}},
                        {"type", "subscription_details"}}},
                      {"period_end", asked.period_end},
                      {"period_start", asked.period_start},
                      {"post_payment_credit_notes_amount", 0},
                      {"pre_payment_credit_notes_amount", 0},
                      {"starting_balance", 0},
                      {"status", "draft"},
                      {"subtotal", total},
                      {"subtotal_excluding_tax", total},
                      {"total", total},
                      {"total_discount_amounts", json::array()},
                      {"total_excluding_tax", total},
                      {"total_pretax_credit_amounts", json::array()},
                      {"total_taxes", json::array()}};
    auto automatic_tax = blank("invoice").at("automatic_tax").as_object();
    automatic_tax["enabled"] = false;
    made["automatic_tax"] = std::move(automatic_tax);
    made["issuer"] = {{"type", "self"}};
    if (customer && !customer->is_deleted()) {
        made["customer_email"] = customer->body.at("email");
        made["customer_name"] = customer->body.at("name");
        made["customer_address"] = customer->body.at("address");
        made["customer_phone"] = customer->body.at("phone");
    }
    if (asked.advances) made["automatically_finalizes_at"] = world.now() + world.settings.draft_s;
    return world.make("invoice", "in_", std::move(made), "invoice.created");
}

void finalize(Record& invoice)
{
    auto& world = *invoice.world;
    auto const* customer = world.store.find("customer", text_of(invoice.body, "customer"));
    bool const is_free = number_of(invoice.body, "amount_due") == 0;
    if (!is_free) make_intent(invoice);
    world.change(invoice, "invoice.finalized", [&](json::object& body) {
        body["status"] = "open";
        body["number"] = number_for(world, customer);
        body["effective_at"] = world.now();
        body["ending_balance"] = 0;
        body["automatically_finalizes_at"] = nullptr;
        body["hosted_invoice_url"] = world.base_url + "/i/" + invoice.id();
        body["invoice_pdf"] = world.base_url + "/i/" + invoice.id() + "/pdf";
        body.at("status_transitions").as_object()["finalized_at"] = world.now();
    });
    if (is_free) mark_paid(invoice);
}

bool collect(Record& invoice, Outcome outcome)
{
    auto& world = *invoice.world;
    if (auto* intent = intent_of(invoice)) try_intent(*intent, outcome);
    world.change(invoice, "invoice.updated", [&](json::object& body) {
        body["attempted"] = true;
        body["attempt_count"] = number_of(body, "attempt_count") + 1;
        body["next_payment_attempt"] = nullptr;
    });
    if (outcome == Outcome::succeeds) mark_paid(invoice);
    if (outcome == Outcome::fails) failed_once(invoice);
    return outcome == Outcome::succeeds;
}

void mark_paid(Record& invoice)
{
    auto& world = *invoice.world;
    settle_payment(invoice);
    bool const is_changed = world.change(invoice, "invoice.paid", [&](json::object& body) {
        body["status"] = "paid";
        body["attempted"] = true;
        body["amount_paid"] = body.at("amount_due");
        body["amount_remaining"] = 0;
        body["next_payment_attempt"] = nullptr;
        body["auto_advance"] = false;
        body.at("status_transitions").as_object()["paid_at"] = world.now();
    });
    if (is_changed) world.tell("invoice.payment_succeeded", invoice);
    if (auto* subscription = subscription_of(invoice)) invoice_paid(*subscription, invoice);
}

void void_invoice(Record& invoice)
{
    auto& world = *invoice.world;
    cancel_intent(invoice);
    world.change(invoice, "invoice.voided", [&](json::object& body) {
        body["status"] = "void";
        body["auto_advance"] = false;
        body["next_payment_attempt"] = nullptr;
        body.at("status_transitions").as_object()["voided_at"] = world.now();
    });
    if (auto* subscription = subscription_of(invoice)) invoice_given_up(*subscription, invoice);
}

void mark_uncollectible(Record& invoice)
{
    auto& world = *invoice.world;
    world.change(invoice, "invoice.marked_uncollectible", [&](json::object& body) {
        body["status"] = "uncollectible";
        body["auto_advance"] = false;
        body["next_payment_attempt"] = nullptr;
        body.at("status_transitions").as_object()["marked_uncollectible_at"] = world.now();
    });
    if (auto* subscription = subscription_of(invoice)) invoice_given_up(*subscription, invoice);
}

void stop_collecting(Record& invoice)
{
    invoice.world->change(invoice, "invoice.updated", [](json::object& body) {
        body["auto_advance"] = false;
        body["next_payment_attempt"] = nullptr;
        body["automatically_finalizes_at"] = nullptr;
    });
}

bool is_invoice(Record const& invoice, std::string_view status)
{
    return text_of(invoice.body, "status") == status;
}

Record* subscription_of(Record const& invoice)
{
    return invoice.world->store.find("subscription", text_at(invoice.body, "parent.subscription_details.subscription"));
}

std::int64_t invoice_due(Record const& invoice)
{
    if (is_invoice(invoice, "draft") && flag_of(invoice.body, "auto_advance")) return number_of(invoice.body, "automatically_finalizes_at");
    if (is_invoice(invoice, "open")) return number_of(invoice.body, "next_payment_attempt");
    return 0;
}

void invoice_on_time(Record& invoice)
{
    if (is_invoice(invoice, "draft")) {
        finalize(invoice);
        if (is_invoice(invoice, "paid")) return;
    }
    if (is_invoice(invoice, "open")) collect(invoice, outcome_for(invoice));
}

void add_invoice_routes(std::vector<Route>& routes)
{
    routes.push_back({"GET /v1/invoices", list, "created customer ending_before limit starting_after status subscription"});
    routes.push_back({"GET /v1/invoices/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/invoices/{id}/finalize", finalize_now, "*"});
    routes.push_back({"POST /v1/invoices/{id}/pay", pay, "paid_out_of_band off_session"});
    routes.push_back({"POST /v1/invoices/{id}/void", make_void, "*"});
    routes.push_back({"POST /v1/invoices/{id}/mark_uncollectible", make_uncollectible, "*"});
}

} // namespace pollux::sims::stripe
