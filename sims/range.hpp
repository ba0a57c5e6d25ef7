// A number, or one at random between two: 5 or [0, 5000] in what tests tell the simulator.
#pragma once

#include "json_values.hpp"

namespace pollux::sims {

struct Range {
    std::size_t least = 0;
    std::size_t most = 0;

    std::size_t pick() const; // At random, both ends included.
    json::array describe() const { return {least, most}; }
};

Range read_range(std::string_view name, json::value const& given); // Throws std::invalid_argument for what is none.
Range read_range(json::object const& plan, std::string_view name, Range otherwise);
std::size_t read_count(json::object const& plan, std::string_view name, std::size_t otherwise);

} // namespace pollux::sims
