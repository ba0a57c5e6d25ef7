// What `pollux doctor` says of numbers: phones with two accounts, one by today's reading of numbers and one from before.
#pragma once

#include "cli/doctor.hpp"
#include "numbers/number_reader.hpp"

#include <cstdint>
#include <map>

namespace pollux::cli {

struct NumberPair {
    std::int64_t older_account = 0;
    std::string older; // "+44447911123456"
    std::int64_t newer_account = 0;
    std::string newer; // "+447911123456"
    bool operator==(NumberPair const&) const = default;
};

std::vector<NumberPair> pairs_of(std::map<std::string, std::int64_t> const& account_by_number, numbers::NumberPlan const& plan);

// Nothing where there is no database or it cannot be read: examine_database() says that.
std::vector<Finding> examine_numbers(config::Config const& config);

} // namespace pollux::cli
