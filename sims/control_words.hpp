// The words that control calls know. One that nobody reads would be a test that asks for nothing and cannot fail, so it is refused.
#pragma once

#include "json_values.hpp"

#include <span>

namespace pollux::sims {

struct ControlWords {
    std::string_view what;   // Of /_sim/what.
    std::string_view fields; // That it takes, divided by spaces.
};

// Throws std::invalid_argument for a call that is not in the table, and for a field that it does not take.
void check_control(std::span<ControlWords const> table, std::string_view what, json::object const& how);

} // namespace pollux::sims
