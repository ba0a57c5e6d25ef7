// The commands that a server does for other processes, by the control socket, and how those ask for them.
#pragma once

#include "app/rooms.hpp"
#include "config/config.hpp"
#include "control/server.hpp"

namespace pollux::app {

inline constexpr char const* superuser_command_name = "createsuperuser";

control::Commands control_commands(Rooms& rooms);

// Throws as control::call() does.
Result<std::string> ask_server(config::Config const& config, std::string command, std::string arguments);

} // namespace pollux::app
