// Makes in a Stripe account what Pollux needs there: the product and a price of Pro, a configuration of the portal, a webhook endpoint.
// What it made before is found again, by the prices' lookup keys, the configuration's metadata and the endpoint's URL; what is no longer
// right of that is mended where Stripe allows it, and named where it does not. Run twice it makes nothing new; what others made there
// it does not touch. The portal comes last: what Stripe has against its configuration keeps nobody from selling.
// A price whose place another has taken is left as it is: running servers sell by it, and a second installation may.
// Two installations on one account share the price, and have a configuration and an endpoint each.
// Source: docs.stripe.com/api (prices, billing_portal/configurations, webhook_endpoints), version 2026-10-28.endive.
#pragma once

#include "billing/stripe/api.hpp"
#include "billing/stripe/price_wish.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::billing::stripe {

inline constexpr char const* pro_product = "pollux_pro"; // Its id: there is one in an account.

// What a database says of a price. Those of other accounts than the key's are left alone.
struct PlanOfPrice {
    std::string account;
    std::string price;
    std::string plan;
    bool is_sold = true; // And not of the settings, which say that themselves.
};

struct SetupWish {
    std::string public_url;             // Without a slash at its end.
    std::optional<PriceWish> price;     // None: those that are there already.
    std::vector<std::string> also_sold; // Prices of the settings, in their order.
    bool is_local = false;              // The URL is of this machine alone, where Stripe posts nothing.

    // nullopt: no database could be looked at, so whatever the portal offers may be sold.
    std::optional<std::vector<PlanOfPrice>> plans;
};

enum class SetupDone { made, found, mended, named };

struct SetupLine {
    SetupDone done = SetupDone::found;
    std::string what;
};

struct SetupOutcome {
    std::string account;
    std::vector<SetupLine> lines;
    std::vector<std::string> prices; // For STRIPE_PRICE_ID: how Pro is sold, ours before the settings'. Empty: it did not come so far.
    std::string webhook_secret;      // Only of an endpoint that was made.
    bool has_endpoint = false;       // At Stripe.
    bool is_invalid = false;         // Of `failure`: Stripe does not take what it was given.
    std::string failure;             // Not empty: what could not be done, in one sentence or two. What stands in `lines` is done.

    bool has_changed() const; // Anything at Stripe.
};

asio::awaitable<SetupOutcome> set_up(Api const& api, SetupWish wish);

} // namespace pollux::billing::stripe
