// The demo's objects as Stripe shows them: the fields that Pollux reads, and those without which an object would be none.
// Source: docs.stripe.com/api, version 2026-10-28.endive.
#pragma once

#include "billing/demo/demo_prices.hpp"
#include "billing/demo/demo_session.hpp"
#include "billing/demo/demo_subscription.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace pollux::billing::demo {

namespace json = boost::json;

struct DemoCustomer {
    std::string id;
    stripe::Owner owner;
    Time created;
};

json::object customer_json(DemoCustomer const& customer);
json::object price_json(DemoPrice const& price);
json::object session_json(DemoSession const& session, Time now, std::string_view public_url);
json::object subscription_json(DemoSubscription const& subscription, Time now);
json::object latest_invoice_json(DemoSubscription const& subscription, Time now);
json::object portal_json(DemoPortal const& portal, std::string_view public_url);
json::object list_json(std::string_view path, json::array items, bool has_more);
json::object error_json(std::string_view code, std::string_view message, std::string_view parameter);

// `object`: what it is about, as it is now.
json::object event_json(std::string_view id, std::string_view type, json::object object, Time now);

} // namespace pollux::billing::demo
