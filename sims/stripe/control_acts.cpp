#include "stripe/control.hpp"

#include "stripe/checkout_sessions.hpp"
#include "stripe/control_words.hpp"
#include "stripe/customers.hpp"
#include "stripe/disputes.hpp"
#include "stripe/errors.hpp"
#include "stripe/portal.hpp"
#include "stripe/refunds.hpp"
#include "stripe/webhook_endpoints.hpp"

namespace pollux::sims::stripe {

namespace {

Record& need(Simulator& simulator, std::string_view kind, json::object const& how, std::string_view field)
{
    auto const id = text_of(how, field);
    if (auto* found = simulator.find(kind, id)) return *found;
    throw invalid("there is no " + std::string(kind) + " '" + id + "' (field " + std::string(field) + ")");
}

// The charge of {"charge" | "payment_intent" | "invoice" | "subscription"}: of the latter its latest invoice's.
Record& need_charge(Simulator& simulator, json::object const& how)
{
    if (how.contains("charge")) return need(simulator, "charge", how, "charge");
    Record* intent = nullptr;
    if (how.contains("payment_intent")) intent = &need(simulator, "payment_intent", how, "payment_intent");
    if (how.contains("invoice")) intent = intent_of(need(simulator, "invoice", how, "invoice"));
    if (how.contains("subscription")) {
        auto* invoice = latest_invoice(need(simulator, "subscription", how, "subscription"));
        intent = invoice ? intent_of(*invoice) : nullptr;
    }
    if (!intent) throw invalid("write charge, payment_intent, invoice or subscription, of something that was paid");
    return charge_of(*intent->world, intent->id(), "payment_intent");
}

void check_settable(Record const& record, json::object const& fields)
{
    for (auto const& field : fields) {
        if (!record.body.contains(field.key())) throw invalid("a " + record.kind + " has no field " + std::string(field.key()));
    }
}

json::object on_subscription(Record& subscription, json::object const& how)
{
    auto const what = text_of(how, "do");
    if (how.contains("do") || !how.contains("set")) check_word("do", what, "cancel expire");
    if (how.contains("reason")) check_word("reason", text_of(how, "reason"), "cancellation_requested payment_disputed payment_failed");
    if (auto const* fields = object_in(how, "set")) { // Whatever a test wants to be so.
        check_settable(subscription, *fields);
        bool const tells = !how.contains("tells") || flag_of(how, "tells");
        subscription.world->change(subscription, tells ? "customer.subscription.updated" : "", [&](json::object& body) {
            for (auto const& field : *fields) body[field.key()] = field.value();
        });
    }
    if (what == "cancel") cancel_now(subscription, text_of(how, "reason"));
    if (what == "expire") expire_incomplete(subscription);
    return subscription.body;
}

json::object on_invoice(Record& invoice, json::object const& how)
{
    auto const what = text_of(how, "do");
    check_word("do", what, "finalize pay fail void uncollectible");
    if (what == "finalize" || (is_invoice(invoice, "draft") && has_word("pay fail", what))) finalize(invoice);
    if (what == "pay") {
        if (is_invoice(invoice, "open")) collect(invoice, Outcome::succeeds);
    } else if (what == "fail")
        collect(invoice, Outcome::fails);
    else if (what == "void")
        void_invoice(invoice);
    else if (what == "uncollectible")
        mark_uncollectible(invoice);
    return invoice.body;
}

json::object on_dispute(Simulator& simulator, json::object const& how)
{
    auto const what = text_of(how, "do");
    check_word("do", what, "open close reopen");
    if (what == "open") {
        auto const reason = text_of(how, "reason");
        auto const status = text_of(how, "status");
        return open_dispute(need_charge(simulator, how), reason.empty() ? "fraudulent" : reason, status.empty() ? "needs_response" : status)
            .body;
    }
    auto& dispute = need(simulator, "dispute", how, "dispute");
    if (what == "close")
        close_dispute(dispute, text_of(how, "status"));
    else
        reopen_dispute(dispute);
    return dispute.body;
}

json::object on_refund(Simulator& simulator, json::object const& how)
{
    if (how.contains("do")) {
        auto& refund = need(simulator, "refund", how, "refund");
        end_refund(refund, text_of(how, "do"));
        return refund.body;
    }
    auto& charge = need_charge(simulator, how);
    json::object params{{"charge", charge.id()}};
    copy_given(params, how, "amount reason metadata");
    auto const status = text_of(how, "status");
    return make_refund(*charge.world, params, status.empty() ? "succeeded" : status).body;
}

json::object on_endpoint(Record& endpoint, json::object const& how)
{
    auto const what = text_of(how, "do");
    if (how.contains("do") || !how.contains("set")) check_word("do", what, "disable enable roll_secret");
    if (auto const* fields = object_in(how, "set")) {
        check_settable(endpoint, *fields);
        for (auto const& field : *fields) endpoint.body[field.key()] = field.value();
        if (what.empty()) return endpoint.body;
    }
    if (what == "roll_secret") return {{"id", endpoint.id()}, {"secret", roll_secret(endpoint)}};
    endpoint.body["status"] = what == "disable" ? "disabled" : "enabled"; // No event tells of it.
    return endpoint.body;
}

} // namespace

json::object act(Simulator& simulator, std::string_view on_what, json::object const& how)
{
    if (on_what == "checkout") {
        auto& session = need(simulator, "checkout.session", how, "session");
        act_on_session(session, text_of(how, "do"));
        return session.body;
    }
    if (on_what == "portal") {
        auto& subscription = need(simulator, "subscription", how, "subscription");
        auto const* configuration =
            how.contains("configuration") ? &need(simulator, "billing_portal.configuration", how, "configuration") : nullptr;
        act_in_portal(subscription, configuration, text_of(how, "do"), text_of(how, "price"));
        return subscription.body;
    }
    if (on_what == "customer") {
        auto& customer = need(simulator, "customer", how, "customer");
        auto const payments = text_of(how, "payments");
        check_word("payments", payments, "succeed fail process");
        set_payments(customer, payments);
        return customer.body;
    }
    if (on_what == "subscription") return on_subscription(need(simulator, "subscription", how, "subscription"), how);
    if (on_what == "invoice") return on_invoice(need(simulator, "invoice", how, "invoice"), how);
    if (on_what == "refund") return on_refund(simulator, how);
    if (on_what == "dispute") return on_dispute(simulator, how);
    return on_endpoint(need(simulator, "webhook_endpoint", how, "endpoint"), how);
}

json::object make_many(World& world, json::object const& how)
{
    constexpr std::int64_t most = 100'000;
    auto const count = number_of(how, "customers");
    if (count < 1 || count > most) throw invalid("customers is a number up to 100000");
    auto const price = text_of(how, "price");
    bool const has_events = flag_of(how, "events");
    json::array made;
    for (std::int64_t i = 0; i < count; ++i) {
        auto const number = std::to_string(number_of(how, "first") + i);
        json::object metadata; // "{n}" stands for the number, so that each can name its user.
        if (auto const* given = object_in(how, "metadata")) {
            for (auto const& field : *given) {
                auto text = field.value().is_string() ? std::string(field.value().get_string()) : std::string();
                if (auto const at = text.find("{n}"); at != std::string::npos) text.replace(at, 3, number);
                metadata[field.key()] = text;
            }
        }
        auto& customer = make_customer(world, {{"email", "user" + number + "@example.com"}, {"metadata", metadata}}, has_events);
        std::string subscription_id;
        if (!price.empty()) {
            NewSubscription asked;
            asked.items.push_back({{"price", price}});
            asked.has_events = has_events;
            asked.fields["metadata"] = metadata;
            if (how.contains("classic") && flag_of(how, "classic"))
                asked.fields["billing_mode"] = {{"flexible", nullptr}, {"type", "classic"}};
            auto& subscription = make_subscription(customer, std::move(asked));
            subscription_id = subscription.id();
        }
        made.push_back({{"customer", customer.id()}, {"subscription", text_or_null(subscription_id)}});
    }
    return {{"made", std::move(made)}};
}

} // namespace pollux::sims::stripe
