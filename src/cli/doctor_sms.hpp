// What `pollux doctor` says of codes by SMS: whether they reach anybody, and whether the vendor takes the key. One call of at most 5 s,
// which sends nothing; only `--sms NUMBER` sends a text, to that number.
#pragma once

#include "cli/doctor.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::cli {

// `test_number`: as it was typed; a test text goes there. Throws nothing.
std::vector<Finding> examine_sms(config::Config const& config, std::optional<std::string> const& test_number);

} // namespace pollux::cli
