// docs/settings.md, made from the list of settings.
#pragma once

#include <string>

namespace pollux::config {

std::string settings_document();

} // namespace pollux::config
