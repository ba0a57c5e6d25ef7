#include "stripe/disputes.hpp"

#include "stripe/errors.hpp"
#include "stripe/list.hpp"
#include "stripe/shapes.hpp"

namespace pollux::sims::stripe {

namespace {

bool is_closed(Record const& dispute)
{
    return has_word("won lost warning_closed prevented", text_of(dispute.body, "status"));
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("dispute", ask.ids.front()).body;
}

json::object accept(Ask& ask)
{
    auto& dispute = ask.world.need("dispute", ask.ids.front());
    close_dispute(dispute, "lost");
    return dispute.body;
}

json::object list(Ask& ask)
{
    auto const charge = text_of(ask.params, "charge");
    auto const intent = text_of(ask.params, "payment_intent");
    return list_of(ask, "dispute", [&](Record const& one) {
        return (charge.empty() || text_of(one.body, "charge") == charge) &&
               (intent.empty() || text_of(one.body, "payment_intent") == intent);
    });
}

} // namespace

Record& open_dispute(Record& charge, std::string const& reason, std::string const& status)
{
    auto& world = *charge.world;
    if (!flag_of(charge.body, "paid") || flag_of(charge.body, "disputed"))
        throw invalid("this charge cannot be disputed: it was not paid, or it is disputed already");
    if (!has_word("needs_response warning_needs_response", status))
        throw invalid("a dispute begins with status needs_response or warning_needs_response");
    bool const is_inquiry = status.starts_with("warning");
    auto details = blank("dispute").at("evidence_details").as_object();
    details["due_by"] = world.now() + 9 * day;
    details["has_evidence"] = false;
    details["past_due"] = false;
    details["submission_count"] = 0;
    details["submission_method"] = "manual";
    auto& dispute = world.make("dispute", "du_",
                               {{"amount", charge.body.at("amount")},
                                {"charge", charge.id()},
                                {"currency", charge.body.at("currency")},
                                {"evidence_details", std::move(details)},
                                {"is_charge_refundable", is_inquiry},
                                {"payment_intent", charge.body.at("payment_intent")},
                                {"reason", reason},
                                {"status", status}},
                               "");
    if (!is_inquiry) world.change(charge, "", [](json::object& body) { body["disputed"] = true; });
    world.tell("charge.dispute.created", dispute);
    if (!is_inquiry) world.tell("charge.dispute.funds_withdrawn", dispute);
    return dispute;
}

void close_dispute(Record& dispute, std::string const& status)
{
    auto& world = *dispute.world;
    bool const is_inquiry = text_of(dispute.body, "status").starts_with("warning");
    if (is_closed(dispute)) throw invalid("This dispute is already closed.");
    if (!has_word(is_inquiry ? "warning_closed" : "won lost", status))
        throw invalid("this dispute can end as " + std::string(is_inquiry ? "warning_closed" : "won or lost"));
    world.change(dispute, "charge.dispute.updated", [&](json::object& body) { body["status"] = status; });
    world.tell("charge.dispute.closed", dispute);
    if (status == "won") world.tell("charge.dispute.funds_reinstated", dispute);
}

void reopen_dispute(Record& dispute)
{
    if (text_of(dispute.body, "status") != "lost") throw invalid("only a lost dispute is opened again");
    dispute.world->change(dispute, "charge.dispute.updated", [](json::object& body) { body["status"] = "under_review"; });
}

void add_dispute_routes(std::vector<Route>& routes)
{
    routes.push_back({"GET /v1/disputes", list, "*"});
    routes.push_back({"GET /v1/disputes/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/disputes/{id}/close", accept, "*"});
}

} // namespace pollux::sims::stripe
