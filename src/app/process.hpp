// What every process of Pollux that stays does at its start and at its end.
#pragma once

#include "config/config.hpp"

#include <csignal>
#include <string>

namespace pollux::app {

// Blocks SIGTERM and SIGINT in every thread, so that they are taken by wait_for_stop(). Before any thread is started.
sigset_t block_stop_signals();

// Returns at the first of them; from then on a second one does what signals do.
void wait_for_stop(sigset_t const& signals);

// Memory, log, secrets, the HTTP client.
void prepare_process(config::Config const& config);

// The one of the settings, or the one that was made for debug.
std::string secret_key(config::Config const& config);

} // namespace pollux::app
