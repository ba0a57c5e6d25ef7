// GET /config/: what a front end needs to know of this server before anybody is signed in. For everybody's front ends, not only the pages.
#pragma once

#include "base/json.hpp"
#include "pages/brand.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::http {
class Router;
}

namespace pollux::pages {

// How plans are paid for.
enum class Billing { off, demo, stripe };
BOOST_DESCRIBE_ENUM(Billing, off, demo, stripe)

struct PublicBrand {
    std::string name;
    std::string accent; // "#0c6078", in the light theme.
    std::string accent_dark;
    std::optional<std::string> logo; // Its path here.
};
POLLUX_DESCRIBE(PublicBrand, (name, accent, accent_dark, logo))

struct PublicConfig {
    std::optional<std::vector<std::string>> countries; // Regions ("US") and calling codes ("44") whose numbers are taken; null: all.
    std::string default_country;                       // The calling code of numbers without +.
    bool password_login = false;
    PublicBrand brand;
    Billing billing = Billing::off;
    std::optional<std::string> plans; // Where the plans are listed here; null where nothing is sold.
    std::optional<std::string> terms_url;
    std::optional<std::string> privacy_url;
};
POLLUX_DESCRIBE(PublicConfig, (countries, default_country, password_login, brand, billing, plans, terms_url, privacy_url))

// The logo is told of only where there are pages, which serve it.
PublicBrand public_brand(Brand const& brand, bool has_pages);

void add_config_route(http::Router& router, PublicConfig& config);

} // namespace pollux::pages
