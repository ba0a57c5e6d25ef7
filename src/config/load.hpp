// From environment and .env to a Config. A pure function, so that every rule is a line in a table of tests; process_config.hpp is the same
// with the process's own environment and files.
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::config {

using Environment = std::map<std::string, std::string, std::less<>>;

// What the command line said; it wins over the environment.
struct Flags {
    bool dev = false;
    std::optional<std::string> listen;
    bool serves = true;     // False for workers and for commands, which listen at no LISTEN and show no pages.
    bool only_data = false; // For commands that touch nothing but the database: what serving needs is not asked for.
};

// The bytes of a file, or nothing when it cannot be read.
using FileReader = std::function<std::optional<std::string>(std::string const& path)>;

struct Sources {
    Environment environment;
    std::string dotenv; // The text of ./.env; empty when there is none.
    Flags flags;
    FileReader read_file; // For what X_FILE and BRAND_LOGO_FILE name.
    // Whether files there are gone once the container is: the nearest folder that exists is looked at. Empty: nobody knows.
    std::function<bool(std::filesystem::path const& file)> vanishes;
    Time now;
    std::size_t cores = 1;
};

struct Loaded {
    Config config;
    std::vector<std::string> notices;  // One line each, for the banner. None holds a secret.
    std::vector<std::string> problems; // One line each. With any, the program must not start.
};

Loaded load_config(Sources const& sources);

} // namespace pollux::config
