// What users see of their plan.
#pragma once

namespace pollux::http {
class Router;
}

namespace pollux::billing {

class BillingService;

void add_billing_routes(http::Router& router, BillingService& billing);

} // namespace pollux::billing
