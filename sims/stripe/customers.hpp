// Customers, and the payment method that one has.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

// How this customer's payments end: "succeed", "fail", or "process" (a bank debit: nobody knows yet).
std::string payments_of(Record const& customer);
void set_payments(Record& customer, std::string const& how);

Record& make_customer(World& world, json::object const& params, bool tells = true);
std::string give_payment_method(Record& customer); // A card of its own, the default from then on. Its id.
void delete_customer(Record& customer);

void add_customer_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
