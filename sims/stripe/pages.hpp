// The pages that Stripe hosts: Checkout and the billing portal, with plain buttons.
#pragma once

#include "server.hpp"
#include "stripe/simulator.hpp"

namespace pollux::sims::stripe {

bool is_page(std::string_view path);
asio::awaitable<After> answer_page(Simulator& simulator, Request request, std::shared_ptr<Connection> connection);

// The Checkout sessions of all worlds, newest first, with what became of each; for pages of others.
std::string list_of_sessions(Simulator& simulator);

} // namespace pollux::sims::stripe
