// The prices that plans have in the database, for commands that look at it without opening it as a server does.
#pragma once

#include "billing/payments/price_store.hpp"
#include "config/config.hpp"

#include <string>
#include <vector>

namespace pollux::app {

// Besides those that came by the settings, of all accounts of the mode. None where there is no database yet, or it cannot be read. Changes
// nothing, throws nothing.
std::vector<billing::StoredPrice> stored_prices(config::Config const& config, std::string mode);

} // namespace pollux::app
