// The demo's pages, in debug alone. They ask for no token: who knows the id of one, which nobody guesses, may use it, as it is at Stripe.
//
//     GET, POST /demo/checkout/{session}/    action=pay, decline or pay_later
//     GET, POST /demo/portal/{portal}/       action=cancel, keep or switch (with price=)
#pragma once

#include "billing/demo/demo_desk.hpp"

namespace pollux::http {
class Router;
}

namespace pollux::billing::demo {

void add_demo_routes(http::Router& router, DemoDesk& desk);

} // namespace pollux::billing::demo
