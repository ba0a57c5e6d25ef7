// Disputes: opened and decided by banks, that is by control calls.
#pragma once

#include "stripe/route.hpp"

namespace pollux::sims::stripe {

Record& open_dispute(Record& charge, std::string const& reason, std::string const& status);
void close_dispute(Record& dispute, std::string const& status); // won, lost, warning_closed.
void reopen_dispute(Record& dispute);                           // A lost one that the bank looks at again.

void add_dispute_routes(std::vector<Route>& routes);

} // namespace pollux::sims::stripe
