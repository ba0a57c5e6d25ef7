// `pollux createsuperuser`: in this process, or, where a server has the embedded database open, in that one, by the control socket. On
// PostgreSQL it works directly beside any number of servers.
#pragma once

#include "accounts/accounts_service.hpp"
#include "config/config.hpp"
#include "control/server.hpp"

#include <optional>
#include <string>

namespace pollux::app {

// See AccountsService::create_superuser. Throws std::exception with one line for the operator.
Result<accounts::Superuser> create_superuser(config::Config const& config, std::string mobile, std::optional<std::string> password);

// The server's part of it, as a command of the control socket.
control::Command superuser_command(accounts::AccountsService& accounts);

} // namespace pollux::app
