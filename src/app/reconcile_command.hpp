// `pollux reconcile`, beside a running server or alone: see beside_server.hpp. A walk through everything may take an hour, which no
// conversation over the control socket lasts; so the command asks again and again, and each time a piece is done, here or in the server.
// However it ends, the next one goes on where it was.
#pragma once

#include "app/rooms.hpp"
#include "config/config.hpp"
#include "control/server.hpp"

#include <functional>
#include <string>

namespace pollux::app {

enum class Reconciling { since_last_time, everything };

// Blocks until all is done, and gives `tell` a line now and then. Throws std::exception with one line for the operator. Errors:
// billing_not_configured, payment_provider_away, payment_refused.
Result<void> reconcile(config::Config const& config, Reconciling what, std::function<void(std::string const&)> const& tell);

// The server's part of it.
control::Commands reconcile_commands(Rooms& rooms);

} // namespace pollux::app
