// How many files and sockets the process may open, and how they are shared out: a client never takes what the database or a model
// needs.
#pragma once

#include "config/config.hpp"
#include "http/server.hpp"

#include <cstddef>

namespace pollux::app {

// Takes all that the system allows (many systems hand out 1,024 unless one asks) and gives the limit in force.
std::size_t raise_descriptor_limit();

// What of `descriptors` clients may have: the rest is for the database, Redis, calls to models and what threads need.
http::ServerLimits server_limits(config::Config const& config, std::size_t descriptors);

} // namespace pollux::app
