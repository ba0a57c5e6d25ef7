// Commands that work beside a server: in this process, or, where a server has the embedded database open, in that one, by the control
// socket. On PostgreSQL they work directly beside any number of servers. Both ways the same function does it.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"

#include <string>

namespace pollux::app {

// Where there is no database: it is made, as a first start would, or that is said. Only what is sensible before the first start makes one:
// anything else was meant for a database that is elsewhere.
enum class WhereNone { refuse, make };

// `command` is one of control_commands(), `arguments` and the result are JSON. Blocks. Throws std::exception with one line for the
// operator.
Result<std::string> run_beside_server(config::Config const& config, std::string const& command, std::string const& arguments,
                                      WhereNone where_none = WhereNone::refuse);

} // namespace pollux::app
