// What `pollux doctor` says of Stripe: whether the key is right and of which mode, whether what is sold can be bought, whether customers
// get into the portal, whether events arrive, and what a restricted key may not read. Few calls, of at most 5 s each; it changes nothing.
#pragma once

#include "app/stored_prices.hpp"
#include "billing/stripe/api.hpp"
#include "cli/doctor.hpp"

#include <string>
#include <vector>

namespace pollux::cli {

// Nothing where no key is set. Throws nothing.
std::vector<Finding> examine_payments(config::Config const& config);

// What there is to hold against what Stripe says.
struct PaymentSetup {
    bool debug = false;
    std::string public_url;
    std::vector<std::string> prices;          // That the settings name.
    std::vector<billing::StoredPrice> stored; // Of the key's mode, whatever the account: those of the key's own are looked at, too.
    bool is_database_known = false;           // Then what is not among them no plan names.
    std::string publishable_key;
    bool has_webhook_secret = false;
    bool is_restricted = false; // The key (rk_...).
};

// By the settings alone, besides what they are judged by wherever they are read (config/checks).
std::vector<Finding> examine_payment_settings(PaymentSetup const& setup, billing::stripe::Mode mode);
// By what Stripe says. Every finding is one line, and what is not well says how to mend it.
boost::asio::awaitable<std::vector<Finding>> examine_stripe(billing::stripe::Api const& api, PaymentSetup setup);

} // namespace pollux::cli
