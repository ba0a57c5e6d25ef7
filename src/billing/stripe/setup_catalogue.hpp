// The part of a set-up that is about what is sold: the product and the prices of Pro, the prices that the settings name besides, and those
// by which the database sells other plans.
#pragma once

#include "billing/stripe/objects.hpp"
#include "billing/stripe/setup_run.hpp"

#include <vector>

namespace pollux::billing::stripe {

// Makes or finds and mends them; outcome.prices are then how Pro is sold: ours, that of this run first, then the others of the settings.
// Those in full, and behind them those of other plans. nullopt: it failed, and that is said.
asio::awaitable<std::optional<std::vector<Price>>> settle_catalogue(SetupRun& run);

} // namespace pollux::billing::stripe
