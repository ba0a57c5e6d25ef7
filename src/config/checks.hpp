// What settings mean together: defaults that hang on others, contradictions, and what is too dangerous outside debug.
#pragma once

#include "config/load.hpp"

#include <functional>
#include <set>

namespace pollux::config {

using GivenNames = std::set<std::string, std::less<>>; // Settings that have a value, given and readable.

// Fills the members of `config` that nobody gave and that hang on others.
void fill_defaults(Config& config, GivenNames const& given, std::size_t cores);

// Adds a problem for each contradiction, and outside debug for each danger; a notice for what a person should know. `wrong`: settings that
// have a value of which there is a problem already; nothing is said that hangs on one of those.
void check_together(GivenNames const& given, GivenNames const& wrong, Sources const& sources, Loaded& loaded);

} // namespace pollux::config
