#include "stripe/subscription_life.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr std::int64_t trial_notice_s = 3 * day;

json::array& items_of(Record& subscription)
{
    return subscription.body.at("items").at("data").as_array();
}
json::array const& items_of(Record const& subscription)
{
    return subscription.body.at("items").at("data").get_array();
}

bool is_billed(std::string const& status)
{
    return status == "active" || status == "past_due" || status == "unpaid";
}

// The period that ended is followed by the next, with an invoice for it.
void renew(Record& subscription)
{
    auto& world = *subscription.world;
    auto const start = period_start(subscription);
    auto const end = period_end(subscription);
    bool const was_trial = status_of(subscription) == "trialing";
    auto const pause = text_at(subscription.body, "pause_collection.behavior");
    bool const advances = status_of(subscription) != "unpaid" && pause != "keep_as_draft";
    world.change(subscription, "customer.subscription.updated", [&](json::object& body) {
        if (was_trial) {
            body["status"] = "active";
            body["billing_cycle_anchor"] = end;
        }
        begin_period(subscription, end, false);
    });
    NewInvoice asked{.reason = "subscription_cycle",
                     .lines = lines_of(subscription, end, period_end(subscription)),
                     .period_start = start,
                     .period_end = end,
                     .advances = advances};
    auto& invoice = make_invoice(subscription, asked);
    world.change(subscription, "", [&](json::object& body) { body["latest_invoice"] = invoice.id(); });
    if (pause == "void" || pause == "mark_uncollectible") {
        finalize(invoice);
        if (pause == "void")
            void_invoice(invoice);
        else
            mark_uncollectible(invoice);
    }
}

void end_trial(Record& subscription)
{
    auto const* customer = subscription.world->store.find("customer", text_of(subscription.body, "customer"));
    bool const can_pay = has_value(subscription.body, "default_payment_method") ||
                         (customer && !text_at(customer->body, "invoice_settings.default_payment_method").empty());
    auto const otherwise = text_at(subscription.body, "trial_settings.end_behavior.missing_payment_method");
    if (!can_pay && otherwise == "cancel") return cancel_now(subscription, "");
    if (!can_pay && otherwise == "pause") return pause_now(subscription, "trial_end_without_payment_method");
    renew(subscription);
}

} // namespace

std::string status_of(Record const& subscription)
{
    return text_of(subscription.body, "status");
}

bool is_ended(Record const& subscription)
{
    auto const status = status_of(subscription);
    return status == "canceled" || status == "incomplete_expired";
}

std::int64_t period_end(Record const& subscription)
{
    std::int64_t least = 0;
    for (auto const& item : items_of(subscription)) {
        auto const end = number_of(item.get_object(), "current_period_end");
        if (least == 0 || end < least) least = end;
    }
    return least;
}

std::int64_t period_start(Record const& subscription)
{
    return number_of(items_of(subscription).front().get_object(), "current_period_start");
}

Record* latest_invoice(Record const& subscription)
{
    return subscription.world->store.find("invoice", text_of(subscription.body, "latest_invoice"));
}

void begin_period(Record& subscription, std::int64_t start, bool moves_anchor)
{
    if (moves_anchor) subscription.body["billing_cycle_anchor"] = start;
    auto const anchor = number_of(subscription.body, "billing_cycle_anchor");
    for (auto& value : items_of(subscription)) {
        auto& item = value.get_object();
        auto const interval = text_at(item, "price.recurring.interval");
        auto const count = std::max<std::int64_t>(1, number_at(item, "price.recurring.interval_count"));
        std::int64_t end = anchor; // A trial's period ends where the first paid one begins.
        for (std::int64_t times = 1; end <= start; ++times) end = add_interval(anchor, times, interval, count);
        item["current_period_start"] = start;
        item["current_period_end"] = end;
    }
    if (flag_of(subscription.body, "cancel_at_period_end")) subscription.body["cancel_at"] = period_end(subscription);
}

void set_status(Record& subscription, std::string const& status, std::string_view event)
{
    subscription.world->change(subscription, event, [&](json::object& body) {
        body["status"] = status;
        if (status == "active") body.erase("status_details");
    });
}

void cancel_now(Record& subscription, std::string const& reason)
{
    auto& world = *subscription.world;
    world.change(subscription, "", [&](json::object& body) {
        body["status"] = "canceled";
        body["ended_at"] = world.now();
        if (!has_value(body, "canceled_at")) body["canceled_at"] = world.now();
        body["pending_update"] = nullptr;
        auto& details = body.at("cancellation_details").as_object();
        if (!reason.empty() && !has_value(details, "reason")) details["reason"] = reason;
    });
    world.tell("customer.subscription.deleted", subscription);
    for (auto* invoice : world.store.of_customer("invoice", text_of(subscription.body, "customer"))) {
        if (subscription_of(*invoice) == &subscription && (is_invoice(*invoice, "open") || is_invoice(*invoice, "draft")))
            stop_collecting(*invoice);
    }
}

void expire_incomplete(Record& subscription)
{
    auto& world = *subscription.world;
    world.change(subscription, "customer.subscription.updated", [&](json::object& body) {
        body["status"] = "incomplete_expired";
        body["ended_at"] = world.now();
    });
    if (auto* invoice = latest_invoice(subscription); invoice && is_invoice(*invoice, "open")) void_invoice(*invoice);
}

void pause_now(Record& subscription, std::string const& why)
{
    auto& world = *subscription.world;
    world.change(subscription, "customer.subscription.paused", [&](json::object& body) {
        body["status"] = "paused";
        body["status_details"] = {
            {"paused", {{"subscription", {{"type", why}}}, {"transitioned_at", world.now()}, {"type", "subscription"}}}};
        for (auto& item : items_of(subscription)) {
            auto& fields = item.get_object();
            if (number_of(fields, "current_period_end") > world.now()) fields["current_period_end"] = world.now();
        }
    });
}

void invoice_paid(Record& subscription, Record& invoice)
{
    auto& world = *subscription.world;
    auto const status = status_of(subscription);
    bool const is_latest = text_of(subscription.body, "latest_invoice") == invoice.id();
    auto const pending = text_of(subscription.hidden, "pending_invoice");
    if (pending == invoice.id() && has_value(subscription.body, "pending_update")) {
        subscription.hidden.erase("pending_invoice");
        world.change(subscription, "customer.subscription.pending_update_applied", [&](json::object& body) {
            body.at("items").as_object()["data"] = body.at("pending_update").at("subscription_items");
            body["pending_update"] = nullptr;
        });
        return;
    }
    if (!is_latest) return;
    if (status == "incomplete" || status == "past_due" || status == "unpaid") set_status(subscription, "active");
    if (status == "paused" && text_of(subscription.hidden, "resume_invoice") == invoice.id()) {
        subscription.hidden.erase("resume_invoice");
        set_status(subscription, "active", "customer.subscription.resumed");
    }
}

void invoice_failed(Record& subscription, Record& invoice)
{
    auto const status = status_of(subscription);
    if (text_of(invoice.body, "billing_reason") == "subscription_create" || is_ended(subscription)) return;
    if (status == "active" || status == "trialing") set_status(subscription, "past_due");
    if (has_value(invoice.body, "next_payment_attempt") || !flag_of(invoice.body, "auto_advance")) return;
    auto const after = subscription.world->settings.after_last_retry;
    if (after == "cancel") cancel_now(subscription, "payment_failed");
    if (after == "unpaid") set_status(subscription, "unpaid");
}

void invoice_given_up(Record& subscription, Record& invoice)
{
    if (text_of(subscription.body, "latest_invoice") != invoice.id()) return;
    auto const status = status_of(subscription);
    // Nothing is owed any more, so Stripe has it active again; a first invoice that is void ends an incomplete subscription.
    if (status == "past_due" || status == "unpaid") set_status(subscription, "active");
    if (status == "incomplete" && is_invoice(invoice, "void")) expire_incomplete(subscription);
}

std::int64_t subscription_due(Record const& subscription)
{
    auto const status = status_of(subscription);
    if (is_ended(subscription) || !subscription.body.contains("items")) return 0;
    if (status == "incomplete") return number_of(subscription.body, "created") + incomplete_s;
    std::int64_t due = 0;
    auto const take = [&](std::int64_t time) {
        if (time > 0 && (due == 0 || time < due)) due = time;
    };
    take(number_of(subscription.body, "cancel_at"));
    if (is_billed(status) || status == "trialing") take(period_end(subscription));
    take(number_at(subscription.body, "pause_collection.resumes_at"));
    take(number_at(subscription.body, "pending_update.expires_at"));
    auto const trial_end = number_of(subscription.body, "trial_end");
    if (status == "trialing" && !flag_of(subscription.hidden, "trial_told") &&
        trial_end - number_of(subscription.body, "trial_start") > trial_notice_s)
        take(trial_end - trial_notice_s);
    return due;
}

void subscription_on_time(Record& subscription)
{
    auto& world = *subscription.world;
    auto const now = world.now();
    auto const status = status_of(subscription);
    if (status == "incomplete") return expire_incomplete(subscription);
    auto const cancel_at = number_of(subscription.body, "cancel_at");
    if (cancel_at > 0 && cancel_at <= now) return cancel_now(subscription, "cancellation_requested");
    auto const expires_at = number_at(subscription.body, "pending_update.expires_at");
    if (expires_at > 0 && expires_at <= now) {
        auto* invoice = world.store.find("invoice", text_of(subscription.hidden, "pending_invoice"));
        world.change(subscription, "customer.subscription.pending_update_expired",
                     [](json::object& body) { body["pending_update"] = nullptr; });
        if (invoice && is_invoice(*invoice, "open")) void_invoice(*invoice);
        return;
    }
    auto const resumes_at = number_at(subscription.body, "pause_collection.resumes_at");
    if (resumes_at > 0 && resumes_at <= now) {
        world.change(subscription, "customer.subscription.updated", [](json::object& body) { body["pause_collection"] = nullptr; });
        return;
    }
    if (period_end(subscription) <= now && (is_billed(status) || status == "trialing"))
        return status == "trialing" ? end_trial(subscription) : renew(subscription);
    if (status == "trialing") {
        subscription.hidden["trial_told"] = true;
        world.tell("customer.subscription.trial_will_end", subscription);
    }
}

} // namespace pollux::sims::stripe
