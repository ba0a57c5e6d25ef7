// What pages of simulators are made of.
#pragma once

#include <string>
#include <string_view>

namespace pollux::sims {

std::string escaped(std::string_view text);

// A plain page with its title as the heading; `content` is HTML. With `refresh_s`, it loads itself again so often.
std::string page(std::string_view title, std::string_view content, int refresh_s = 0);

} // namespace pollux::sims
