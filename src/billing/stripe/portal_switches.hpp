// Between which prices the portal may let customers switch: active ones that recur, of each product one for a billing interval, and ten
// products at most. A configuration that names more is refused as a whole.
// Source: docs.stripe.com/customer-management, limitations; docs.stripe.com/api/customer_portal/configurations, version 2026-10-28.endive.
#pragma once

#include "billing/stripe/account_objects.hpp"

#include <string>
#include <vector>

namespace pollux::billing::stripe {

inline constexpr std::size_t portal_products_max = 10;

struct NotOffered {
    std::string price;
    std::string instead; // Of the same product and interval; empty: there are too many products.
};

struct PortalSwitches {
    std::vector<ProductPrices> offered;
    std::vector<NotOffered> left_out; // Of those that are sold.
};

// Of two that exclude each other the first is offered. What is sold no more, or only once, is left out without a word.
PortalSwitches choose_switches(std::vector<Price> const& wanted);

// Whatever the order.
bool are_same_switches(std::vector<ProductPrices> one, std::vector<ProductPrices> other);

bool exclude_each_other(Price const& one, Price const& other);

} // namespace pollux::billing::stripe
