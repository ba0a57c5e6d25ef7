// `pollux stripe-setup`: makes in the Stripe account of STRIPE_SECRET_KEY what Pollux needs there, or finds and mends what it made before,
// and says what to put into the settings. It needs neither a price nor a webhook secret yet, and no database; where there is one, it only
// reads there by which prices plans are sold besides.
#pragma once

#include "billing/stripe/setup.hpp"
#include "config/config.hpp"

#include <string>

namespace pollux::cli {

struct SetupArguments {
    std::string amount; // Empty: the prices that are there.
    std::string currency = "usd";
    std::string interval = "month";
};

// The exit code.
int stripe_setup(config::Config const& config, SetupArguments const& arguments);

// What is said of it. Where it failed: also the settings that are known by then, since what was made is there. `sold`: what STRIPE_PRICE_ID
// names.
std::string setup_text(billing::stripe::SetupOutcome const& outcome, std::vector<std::string> const& sold);

} // namespace pollux::cli
