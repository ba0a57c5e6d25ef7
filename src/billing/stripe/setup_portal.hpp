// The part of a set-up that is about the portal: a configuration of our own, in which customers cancel, change their card, and switch
// between the prices that are sold, as far as Stripe lets them (portal_switches).
#pragma once

#include "billing/stripe/objects.hpp"
#include "billing/stripe/setup_run.hpp"

#include <vector>

namespace pollux::billing::stripe {

// `sold`: best first; what somebody has added to the configuration comes after them. False: it failed, and that is said.
asio::awaitable<bool> settle_portal(SetupRun& run, std::vector<Price> sold);

} // namespace pollux::billing::stripe
