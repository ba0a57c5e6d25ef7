// The part of a set-up that is about the portal: a configuration of our own, in which customers cancel, change their card, and switch
// between the prices that are sold, as far as Stripe lets them (portal_switches).
#pragma once

#include "billing/stripe/objects.hpp"
#include "billing/stripe/setup_run.hpp"

#include <vector>

namespace pollux::billing::stripe {

// `sold`: best first. What the configuration offers besides is taken out, since it is sold no more, or buys nothing; where no database told
// what is sold it stays, behind the others. False: it failed, and that is said.
asio::awaitable<bool> settle_portal(SetupRun& run, std::vector<Price> sold);

} // namespace pollux::billing::stripe
