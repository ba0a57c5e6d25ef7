// What happens to a subscription by time, by payments and by its end, whoever causes it.
#pragma once

#include "stripe/invoices.hpp"

namespace pollux::sims::stripe {

inline constexpr std::int64_t incomplete_s = 23 * hour; // So long a first payment may take, and a pending update.

// How the first invoice of a new subscription is paid.
enum class First {
    by_customer,          // As the customer's payments end.
    paid,                 // Now.
    declined,             // Not: incomplete.
    processing,           // A bank debit: active at once, the money comes later.
    processing_incomplete // The same where the method makes Stripe wait: incomplete until then.
};

struct NewSubscription {
    json::object fields;        // Of the subscription: metadata, description, billing_mode ...
    json::array items;          // {price: id, quantity, metadata}
    std::int64_t trial_end = 0; // 0: none.
    First first = First::by_customer;
    bool has_events = true;
    std::int64_t anchor = 0; // When its period began; 0: now.
};

// Throws StripeError for prices that cannot be subscribed to.
Record& make_subscription(Record& customer, NewSubscription asked);
json::object make_item(World& world, std::string const& subscription, json::object const& asked, std::string const& param);

std::string status_of(Record const& subscription);
bool is_ended(Record const& subscription);           // canceled or incomplete_expired: nothing changes it any more.
std::int64_t period_end(Record const& subscription); // The first of its items'.
std::int64_t period_start(Record const& subscription);
Record* latest_invoice(Record const& subscription);
std::vector<Line> lines_of(Record const& subscription, std::int64_t start, std::int64_t end);

void cancel_now(Record& subscription, std::string const& reason);
void set_status(Record& subscription, std::string const& status, std::string_view event = "customer.subscription.updated");
void begin_period(Record& subscription, std::int64_t start, bool moves_anchor); // Of all items, with its end.
void expire_incomplete(Record& subscription);
void pause_now(Record& subscription, std::string const& why);

void invoice_paid(Record& subscription, Record& invoice);
void invoice_failed(Record& subscription, Record& invoice);
void invoice_given_up(Record& subscription, Record& invoice); // Void or uncollectible.

std::int64_t subscription_due(Record const& subscription);
void subscription_on_time(Record& subscription);

} // namespace pollux::sims::stripe
