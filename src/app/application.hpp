// Builds, starts and stops everything, in a written order. Functions that fail throw std::exception with one line for the operator.
#pragma once

#include "config/config.hpp"
#include "db/migrator.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace pollux::app {

// Serves until SIGTERM or SIGINT; the exit code. `on_listening` is called once requests are answered, with the port.
//
// The stop: no new connections; replies that are being written get 20 s, the rest is handed back; streams end; running requests get
// 3 s more; the database is closed last; all within 30 s. A second signal ends the process at once: nothing that was acknowledged is
// lost by that.
int serve(config::Config const& config, std::function<void(std::uint16_t port)> on_listening);

// Writes replies for the servers that share its PostgreSQL, without listening, until SIGTERM or SIGINT; stops as serve() does.
int work(config::Config const& config, std::function<void()> on_ready);

db::Migrated migrate(config::Config const& config);

// The OpenAPI document, without settings or a database.
std::string openapi_document();

} // namespace pollux::app
