// `pollux move`: from one machine to many. Takes everything that an embedded database holds to PostgreSQL, and shows how far it is.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"

#include <filesystem>
#include <string>

namespace pollux::cli {

// As on the command line; empty: not given.
struct MoveArguments {
    std::string from;
    std::string to;
};

struct MovePlan {
    std::filesystem::path file;
    std::string url; // Holds a password: never shown.
};

// What is not given comes from the settings: DATABASE_URL names either end, and the database in DATA_DIR is what is moved otherwise.
Result<MovePlan> plan_move(config::Config const& config, MoveArguments const& arguments);

// The exit code: 0; 1 when there is nothing to move; 2 for arguments that do not fit. What else fails throws, with one line for the
// operator.
int move(config::Config const& config, MoveArguments const& arguments);

} // namespace pollux::cli
