// Checkout in mode subscription: sessions, and what a buyer does on their page.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

std::int64_t session_due(Record const& session);
void session_on_time(Record& session);

// What the buyer, or later the bank, does: "pay", "decline", "pay_later" (a bank debit: complete and unpaid, active), "incomplete" (the
// same with a method that leaves the subscription incomplete and the session open), "async_succeed", "async_fail". Throws StripeError
// where the session is not in a state for it.
void act_on_session(Record& session, std::string const& what);

std::string return_address(Record const& session); // success_url with the id in it.

void add_checkout_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
