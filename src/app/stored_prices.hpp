// The prices that plans have in the database, for commands that look at it without opening it as a server does.
#pragma once

#include "billing/payments/price_store.hpp"
#include "config/config.hpp"

#include <string>
#include <vector>

namespace pollux::app {

struct StoredPrices {
    std::vector<billing::StoredPrice> prices;
    std::string failure; // Why they are not known: there is no database yet, or it cannot be read. Empty: they are.
};

// Of all accounts of the mode. Changes nothing, throws nothing.
StoredPrices stored_prices(config::Config const& config, std::string mode);

} // namespace pollux::app
