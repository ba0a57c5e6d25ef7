// How an invoice's money comes in: a payment intent, a charge for each try, and the invoice payment that ties them to the invoice.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

enum class Outcome { succeeds, fails, processes }; // processes: a bank debit, known later.

Outcome outcome_of(Record const& customer); // As that one's payments end.

void make_intent(Record& invoice); // At its finalization: intent and invoice payment, nothing tried yet.
Record* intent_of(Record const& invoice);
void try_intent(Record& intent, Outcome outcome); // A charge, or processing, with the events of both.
void cancel_intent(Record const& invoice);        // Where the invoice will never be paid by it.
void settle_payment(Record const& invoice);       // The invoice payment is paid.

void add_payment_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
