// What an account must be set up with: prices, the configurations of the portal, webhook endpoints. Read when it is set up, and to see
// whether it is right; a request needs none of it. Read as leniently as objects.hpp says.
// Source: docs.stripe.com/api, version 2026-10-28.endive.
#pragma once

#include "billing/stripe/reads.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing::stripe {

// Of one mode; Stripe lets there be 16.
struct WebhookEndpoint {
    std::string id;
    std::string url;
    std::string status;  // enabled, disabled
    std::string version; // Of what it sends; empty: the account's.
    std::vector<std::string> events;
    std::string secret; // Only in the answer that made it.

    bool hears(std::string_view type) const;       // "*" hears everything.
    std::vector<std::string_view> deaf_to() const; // Of our events (events.hpp).
    bool is_enabled() const { return status == "enabled"; }
};

struct ProductPrices {
    std::string product;
    std::vector<std::string> prices;

    bool operator==(ProductPrices const&) const = default;
};

struct PortalConfiguration {
    std::string id;
    bool is_active = false;
    bool is_default = false; // What Stripe takes when a session names none: saved in its Dashboard.
    std::string owner;       // metadata[pollux]
    bool cancels = false;    // Lets customers cancel, with the end of what is paid.
    bool takes_cards = false;
    bool switches_prices = false;
    std::vector<ProductPrices> switches; // Between which prices.

    bool switches_to(std::string_view price) const;
};

struct ListedPrice {
    Price price;
    std::string lookup_key;
    bool is_live = false;
    bool is_of_setup = false; // `stripe-setup` made it: metadata[pollux]

    // By another one that has its lookup key now: it is sold no more wherever the servers have been started since.
    bool is_replaced() const { return is_of_setup && lookup_key.empty(); }
};

WebhookEndpoint read_endpoint(boost::json::object const& object);
PortalConfiguration read_portal_configuration(boost::json::object const& object);
ListedPrice read_listed_price(boost::json::object const& object);

asio::awaitable<Fetched<std::vector<WebhookEndpoint>>> webhook_endpoints(Api const& api, Steady::time_point deadline);
asio::awaitable<Fetched<std::vector<PortalConfiguration>>> portal_configurations(Api const& api, Steady::time_point deadline,
                                                                                 bool is_active = true); // Or those that are not.
asio::awaitable<Fetched<ListedPrice>> listed_price_of(Api const& api, std::string id, Steady::time_point deadline);

// Active ones before others; at most 10 keys.
asio::awaitable<Fetched<std::vector<ListedPrice>>> prices_by_lookup_key(Api const& api, std::vector<std::string> keys,
                                                                        Steady::time_point deadline);

// Where Stripe may post to: our path, and the names it had before.
std::vector<std::string> webhook_urls(std::string const& public_url);

// With a slash at the end or without, as routes are.
bool leads_to(WebhookEndpoint const& endpoint, std::vector<std::string> const& urls);

// The first of them that is enabled, else the first; nullptr: there is none.
WebhookEndpoint const* find_endpoint(std::vector<WebhookEndpoint> const& endpoints, std::vector<std::string> const& urls);

} // namespace pollux::billing::stripe
