// What pages of simulators are made of.
#pragma once

#include <string>
#include <string_view>

namespace pollux::sims {

std::string escaped(std::string_view text);

} // namespace pollux::sims
