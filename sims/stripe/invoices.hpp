// Invoices of subscriptions: draft, open, paid, void, uncollectible, and the tries to collect them.
#pragma once

#include "stripe/payments.hpp"

namespace pollux::sims::stripe {

struct Line {
    std::string item; // si_...
    json::object price;
    std::int64_t quantity = 1;
    std::int64_t amount = 0;
    std::int64_t start = 0;
    std::int64_t end = 0;
    bool is_proration = false;
    std::string description;
};

struct NewInvoice {
    std::string id;     // Made when empty.
    std::string reason; // "subscription_cycle".
    std::vector<Line> lines;
    std::int64_t period_start = 0;
    std::int64_t period_end = 0;
    bool advances = true; // By itself.
};

Record& make_invoice(Record& subscription, NewInvoice const& asked); // A draft.
void finalize(Record& invoice);                                      // Open; paid at once where nothing is due.
bool collect(Record& invoice, Outcome outcome);                      // One try. False when it is not paid afterwards.
void mark_paid(Record& invoice);
void void_invoice(Record& invoice);
void mark_uncollectible(Record& invoice);
void stop_collecting(Record& invoice); // What happens to the open ones of a subscription that has ended.

bool is_invoice(Record const& invoice, std::string_view status);
Record* subscription_of(Record const& invoice);

std::int64_t invoice_due(Record const& invoice);
void invoice_on_time(Record& invoice);

void add_invoice_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
