// What a process of Pollux on this machine says of itself: for `pollux healthcheck` and `pollux doctor`.
#pragma once

#include "cli/doctor.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace pollux::cli {

struct Readiness {
    enum class Kind { ready, not_ready, nobody }; // nobody: no connection, so no such process runs.
    Kind kind = Kind::nobody;
    std::string says; // The body of the answer, or why there is none.
};

// Asks /readyz at an address that a process of Pollux listens on; 5 s at most.
Readiness ask_readiness(config::Endpoint const& listen);

// Whom `healthcheck` looks at: whoever is there, server or else worker; or one of them, where both run on a machine.
enum class Looked { whoever_runs, server, worker };

// The exit code: 0 when the process can do its work. Says why not on standard error.
int healthcheck(config::Config const& config, Looked at);

// What a server that runs with these settings has noticed; nothing where none runs.
std::optional<Finding> examine_running_server(config::Config const& config);

// Of the answer of /readyz.
std::optional<Finding> describe_proxies(std::string const& answer);

} // namespace pollux::cli
