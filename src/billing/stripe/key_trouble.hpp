// Why a key does not show its own account, and what mends it: `pollux doctor` and `pollux stripe-setup` say the same of it.
#pragma once

#include "billing/stripe/api.hpp"

#include <string>

namespace pollux::billing::stripe {

// One line each, with a full stop at its end; `what` is said of Stripe: "refuses the key (Invalid API Key).".
struct KeyTrouble {
    std::string what;
    std::string mend;
};

// Of an answer to GET /v1/account that is of no use.
KeyTrouble trouble_of(Answer const& answer);

} // namespace pollux::billing::stripe
