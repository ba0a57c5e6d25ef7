// Buying, and what the payment provider posts.
#pragma once

#include "billing/payments/payments_service.hpp"
#include "billing/payments/webhook.hpp"

namespace pollux::http {
class Router;
}

namespace pollux::billing {

// What is null is answered with billing_not_configured; but who has which plan is told where nothing is sold, too. Outlives the router.
struct PaymentsApi {
    PaymentsService* payments = nullptr;
    Webhook* webhook = nullptr;
    Tiers* tiers = nullptr; // Needed where `payments` is null.
};

void add_payments_routes(http::Router& router, PaymentsApi& api);

} // namespace pollux::billing
