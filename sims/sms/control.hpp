// /_sim/: what tests tell the simulator, and what they ask it (sims/README.md has the table).
#pragma once

#include "server.hpp"
#include "sms/simulator.hpp"

namespace pollux::sims::sms {

asio::awaitable<After> answer_control(Simulator& simulator, Request request, std::shared_ptr<Connection> connection);

} // namespace pollux::sims::sms
