// The part of a set-up that is about what is sold: the product and the prices of Pro, and the prices that the settings name besides.
#pragma once

#include "billing/stripe/objects.hpp"
#include "billing/stripe/setup_run.hpp"

#include <vector>

namespace pollux::billing::stripe {

// Makes or finds and mends them; outcome.prices are then what is sold: ours, that of this run first, then the others of the settings.
// Those of them in full. nullopt: it failed, and that is said.
asio::awaitable<std::optional<std::vector<Price>>> settle_catalogue(SetupRun& run);

} // namespace pollux::billing::stripe
