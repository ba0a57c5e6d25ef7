// From the settings to the pages and to what everybody is told of this server.
#pragma once

#include "config/config.hpp"
#include "pages/pages.hpp"
#include "pages/public_config.hpp"

#include <memory>

namespace pollux::app {

// Reads the logo; throws std::runtime_error with one line for the operator when it cannot be used.
pages::Brand brand_of(config::Config const& config);

// Null with PAGES=False.
std::unique_ptr<pages::Pages> make_pages(config::Config const& config, pages::Brand const& brand);

pages::PublicConfig public_config(config::Config const& config, pages::Brand const& brand);

} // namespace pollux::app
