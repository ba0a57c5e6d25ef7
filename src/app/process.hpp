// What every process of Pollux that stays does at its start.
#pragma once

#include "config/config.hpp"

#include <string>

namespace pollux::app {

// Memory, descriptors, log, secrets, the HTTP client.
void prepare_process(config::Config const& config);

// The one of the settings, or the one that was made for debug.
std::string secret_key(config::Config const& config);

} // namespace pollux::app
