// What a restricted key (rk_...) must be allowed to do. Its rights are given by resource, each to read or to write, and writing is reading,
// too; the words are those of Stripe's resources, which its Dashboard and its refusals name alike.
// Source: docs.stripe.com/keys/restricted-api-keys; the calls of reads.cpp, changes.cpp, account_objects.cpp, setup*.cpp.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace pollux::billing::stripe {

struct KeyRight {
    std::string_view resource;
    std::string_view probe; // A list of it, which shows whether it may be read. Empty: there is none.
};

// Of a server.
inline constexpr std::array<KeyRight, 4> rights_to_write{{{"customers", "/v1/customers"},
                                                          {"checkout sessions", "/v1/checkout/sessions"},
                                                          {"subscriptions", "/v1/subscriptions"},
                                                          {"customer portal sessions", ""}}};
inline constexpr std::array<KeyRight, 9> rights_to_read{{{"account", "/v1/account"},
                                                         {"prices", "/v1/prices"},
                                                         {"invoices", "/v1/invoices"},
                                                         {"invoice payments", "/v1/invoice_payments"},
                                                         {"charges", "/v1/charges"},
                                                         {"disputes", "/v1/disputes"},
                                                         {"events", "/v1/events"},
                                                         {"customer portal configurations", "/v1/billing_portal/configurations"},
                                                         {"webhook endpoints", "/v1/webhook_endpoints"}}};
// Of `pollux stripe-setup` besides.
inline constexpr std::array<std::string_view, 4> rights_to_set_up{"products", "prices", "customer portal configurations",
                                                                  "webhook endpoints"};

// By the key's own name.
bool is_restricted(std::string_view key);

// "to write customers, ...; to read account, ...".
std::string rights_of_servers();
std::string rights_of_setup(); // "to write products, ...".

} // namespace pollux::billing::stripe
