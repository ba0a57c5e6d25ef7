// The configuration of this process: load_config() with its own environment, `.env` and files.
#pragma once

#include "config/load.hpp"

namespace pollux::config {

Loaded load_process_config(Flags flags);

} // namespace pollux::config
