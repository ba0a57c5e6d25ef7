#include "stripe/world.hpp"

#include "stripe/checkout_sessions.hpp"
#include "stripe/errors.hpp"
#include "stripe/events.hpp"
#include "stripe/ids.hpp"
#include "stripe/invoices.hpp"
#include "stripe/shapes.hpp"
#include "stripe/subscription_life.hpp"

namespace pollux::sims::stripe {

namespace {

std::function<void(Record&)> const act_on_time = on_time;

void remind(Record& record)
{
    auto const due = due_time(record);
    if (due != record.due) record.world->clock.remind(due, record, act_on_time);
}

// The word for it in "No such ...".
std::string_view shown(std::string_view kind)
{
    if (kind == "billing_portal.configuration") return "configuration";
    if (kind == "payment_method") return "PaymentMethod";
    return kind;
}

} // namespace

Record& World::need(std::string_view kind, std::string_view id, std::string param)
{
    auto* record = store.find(kind, id);
    if (record && !record->is_deleted()) return *record;
    bool const elsewhere = !record && other_mode && other_mode->store.find(kind, id);
    int const status = param.empty() ? 404 : 400;
    throw no_such(shown(kind), id, status, param.empty() ? "id" : std::move(param), elsewhere, live);
}

Record& World::make(std::string_view kind, std::string_view prefix, json::object made, std::string_view event)
{
    auto body = blank(kind);
    if (!made.contains("id")) body["id"] = make_id(prefix);
    body["created"] = now();
    if (kind != "refund" && kind != "subscription_item" && kind != "item") body["livemode"] = live;
    for (auto& field : made) body[field.key()] = std::move(field.value());
    auto& record = store.add(*this, kind, std::move(body));
    remind(record);
    if (!event.empty()) tell(event, record);
    return record;
}

bool World::change(Record& record, std::string_view event, std::function<void(json::object&)> const& how)
{
    auto const before = record.body;
    how(record.body);
    auto previous = difference(before, record.body);
    remind(record);
    if (previous.empty()) return false;
    if (!event.empty()) tell(event, record, std::move(previous));
    return true;
}

void World::tell(std::string_view event, Record const& record, json::object previous)
{
    make_event(*this, event, record.body, std::move(previous));
}

std::int64_t due_time(Record const& record)
{
    if (record.kind == "subscription") return subscription_due(record);
    if (record.kind == "invoice") return invoice_due(record);
    if (record.kind == "checkout.session") return session_due(record);
    return 0;
}

void on_time(Record& record)
{
    if (record.kind == "subscription") subscription_on_time(record);
    if (record.kind == "invoice") invoice_on_time(record);
    if (record.kind == "checkout.session") session_on_time(record);
    remind(record);
}

} // namespace pollux::sims::stripe
