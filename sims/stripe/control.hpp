// /_sim/: what tests tell the simulator, and what they ask it (sims/README.md has the table).
#pragma once

#include "server.hpp"
#include "stripe/simulator.hpp"

namespace pollux::sims::stripe {

asio::awaitable<After> answer_control(Simulator& simulator, Request request, std::shared_ptr<Connection> connection);

// Acts of the world outside on objects: {"session" | "subscription" | ..., "do": ...}. What the object is like afterwards.
json::object act(Simulator& simulator, std::string_view on_what, json::object const& how);

// Many customers with a subscription each, in a moment.
json::object make_many(World& world, json::object const& how);

} // namespace pollux::sims::stripe
