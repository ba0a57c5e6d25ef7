#include "pages/public_config.hpp"

#include "http/router.hpp"

namespace pollux::pages {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds config_max_age{60};

asio::awaitable<Result<http::Cacheable<PublicConfig>>> tell(PublicConfig& config, http::Request const&)
{
    co_return http::Cacheable<PublicConfig>{config, config_max_age};
}

} // namespace

PublicBrand public_brand(Brand const& brand, bool has_pages)
{
    PublicBrand shown{brand.name, to_text(light_accent_of(brand)), to_text(dark_accent_of(brand)), {}};
    if (brand.logo && has_pages) shown.logo = logo_path(brand);
    return shown;
}

void add_config_route(http::Router& router, PublicConfig& config)
{
    router.get("/config/", tell, config,
               {.id = "config",
                .summary = "Read the configuration; what a front end needs to know before anybody is signed in",
                .tag = "system",
                .access = http::Access::open});
}

} // namespace pollux::pages
