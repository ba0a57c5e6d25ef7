// The pages that Stripe hosts: Checkout and the billing portal, with plain buttons.
#pragma once

#include "server.hpp"
#include "stripe/simulator.hpp"

namespace pollux::sims::stripe {

bool is_page(std::string_view path);
asio::awaitable<After> answer_page(Simulator& simulator, Request request, std::shared_ptr<Connection> connection);

} // namespace pollux::sims::stripe
