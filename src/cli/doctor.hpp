// `pollux doctor`: looks at everything a start needs, changes nothing, and says what to mend.
#pragma once

#include "config/load.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::cli {

enum class Health { well, note, ill };

struct Finding {
    Health health = Health::well;
    std::string what;            // One line: "Database: 3 migrations, no damage."
    std::string mend;            // What to do, or what was not looked at; mostly empty when well.
    std::string instead_of = {}; // How a note on the settings begins that this one, which knows more, stands in for.
};

// The parts, each usable alone. None throws.
std::vector<Finding> examine_settings(config::Loaded const& loaded);
Finding examine_data_dir(config::Config const& config);
Finding examine_database(config::Config const& config);
std::optional<Finding> examine_redis(config::Config const& config); // Nothing: REDIS_URL is not set.
std::vector<Finding> examine_models(config::Config const& config);  // One cheap call to Gemini where its key is set.

// Without notes that a finding stands in for.
std::vector<Finding> said_once(std::vector<Finding> findings);
std::string to_text(std::vector<Finding> const& findings);

// The exit code: 0, or 1 when something is ill. `test_number`: a test text goes there.
int doctor(config::Loaded const& loaded, std::optional<std::string> const& test_number = std::nullopt);

} // namespace pollux::cli
