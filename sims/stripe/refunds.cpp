#include "stripe/refunds.hpp"

#include "stripe/errors.hpp"
#include "stripe/list.hpp"

namespace pollux::sims::stripe {

namespace {

json::object create(Ask& ask)
{
    return make_refund(ask.world, ask.params).body;
}
json::object retrieve(Ask& ask)
{
    return ask.world.need("refund", ask.ids.front()).body;
}

json::object update(Ask& ask)
{
    auto& refund = ask.world.need("refund", ask.ids.front());
    ask.world.change(refund, "refund.updated", [&](json::object& body) { merge_metadata(body, ask.params); });
    return refund.body;
}

json::object list(Ask& ask)
{
    auto const charge = text_of(ask.params, "charge");
    auto const intent = text_of(ask.params, "payment_intent");
    return list_of(ask, "refund", [&](Record const& one) {
        return (charge.empty() || text_of(one.body, "charge") == charge) &&
               (intent.empty() || text_of(one.body, "payment_intent") == intent);
    });
}

} // namespace

Record& charge_of(World& world, std::string const& id, std::string const& param)
{
    if (!id.starts_with("pi_")) return world.need("charge", id, param);
    auto const& intent = world.need("payment_intent", id, param);
    auto const charge = text_of(intent.body, "latest_charge");
    if (charge.empty())
        throw invalid("This PaymentIntent (" + id + ") does not have a successful charge to refund.", param,
                      "payment_intent_unexpected_state");
    return world.need("charge", charge, param);
}

Record& make_refund(World& world, json::object const& params, std::string const& status)
{
    if (!has_word("succeeded pending requires_action", status)) throw invalid("a refund begins as succeeded, pending or requires_action");
    auto const by_charge = text_of(params, "charge");
    auto const by_intent = text_of(params, "payment_intent");
    if (by_charge.empty() && by_intent.empty())
        throw invalid("One of the following params should be provided for this request: payment_intent or charge.");
    auto& charge = by_charge.empty() ? charge_of(world, by_intent, "payment_intent") : charge_of(world, by_charge, "charge");
    if (!flag_of(charge.body, "paid")) throw invalid("This charge has not succeeded, so it cannot be refunded.", "charge");
    if (flag_of(charge.body, "refunded"))
        throw invalid("Charge " + charge.id() + " has already been refunded.", "", "charge_already_refunded");
    if (flag_of(charge.body, "disputed"))
        throw invalid("Charge " + charge.id() + " has been charged back; cannot issue a refund.", "", "charge_disputed");
    auto const left = number_of(charge.body, "amount") - number_of(charge.body, "amount_refunded");
    auto const amount = params.contains("amount") ? number_of(params, "amount") : left;
    if (amount < 1) throw invalid("Invalid positive integer", "amount", "parameter_invalid_integer");
    if (amount > left)
        throw invalid("Refund amount (" + std::to_string(amount) + ") is greater than unrefunded amount on charge (" +
                          std::to_string(left) + ")",
                      "amount");
    json::object made{{"amount", amount},
                      {"charge", charge.id()},
                      {"currency", charge.body.at("currency")},
                      {"customer", charge.body.at("customer")},
                      {"destination_details", {{"card", {{"type", "refund"}}}, {"type", "card"}}},
                      {"metadata", json::object()},
                      {"payment_intent", charge.body.at("payment_intent")},
                      {"payment_method", charge.body.at("payment_method")},
                      {"status", status}};
    if (status == "pending") made["pending_reason"] = "processing";
    copy_given(made, params, "reason");
    merge_metadata(made, params);
    auto& refund = world.make("refund", "re_", std::move(made), "refund.created");
    world.change(charge, "charge.refunded", [&](json::object& body) {
        body["amount_refunded"] = number_of(body, "amount_refunded") + amount;
        body["refunded"] = amount == left;
    });
    return refund;
}

void end_refund(Record& refund, std::string const& how)
{
    if (!has_word("succeed fail cancel", how)) throw invalid("do is succeed, fail or cancel");
    auto& world = *refund.world;
    auto const status = text_of(refund.body, "status");
    bool const is_over = how == "fail" ? has_word("failed canceled", status) : status != "requires_action" && status != "pending";
    if (is_over || (how == "cancel" && status != "requires_action")) throw invalid("a refund that is " + status + " cannot " + how);
    world.change(refund, "refund.updated", [&](json::object& body) {
        body["status"] = how == "succeed" ? "succeeded" : how == "fail" ? "failed" : "canceled";
        body.erase("pending_reason");
        if (how == "fail") body["failure_reason"] = "expired_or_canceled_card";
    });
    if (how == "succeed") return;
    auto& charge = world.need("charge", text_of(refund.body, "charge"));
    world.change(charge, "", [&](json::object& body) { // The money is the seller's again.
        body["amount_refunded"] = number_of(body, "amount_refunded") - number_of(refund.body, "amount");
        body["refunded"] = false;
    });
    if (how == "fail") world.tell("refund.failed", refund);
}

void add_refund_routes(std::vector<Route>& routes)
{
    routes.push_back({"POST /v1/refunds", create, "amount charge metadata payment_intent reason"});
    routes.push_back({"GET /v1/refunds", list, "*"});
    routes.push_back({"GET /v1/refunds/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/refunds/{id}", update, "*"});
}

} // namespace pollux::sims::stripe
