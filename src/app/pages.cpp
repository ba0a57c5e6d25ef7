#include "app/pages.hpp"

#include "app/demo_payments.hpp"

namespace pollux::app {
namespace {

pages::Billing billing_of(config::Config const& config)
{
    if (sells_in_demo(config)) return pages::Billing::demo;
    return config.stripe_secret_key ? pages::Billing::stripe : pages::Billing::off;
}

} // namespace

pages::Brand brand_of(config::Config const& config)
{
    pages::Brand brand{config.brand_name, config.brand_accent, config.brand_accent_dark, {}};
    if (auto const& logo = config.brand_logo) {
        bool const is_svg = logo->kind == config::PictureKind::svg;
        brand.logo = pages::Logo{is_svg ? pages::LogoKind::svg : pages::LogoKind::png, logo->bytes};
    }
    return brand;
}

std::unique_ptr<pages::Pages> make_pages(config::Config const& config, pages::Brand const& brand)
{
    return config.pages ? std::make_unique<pages::Pages>(pages::page_files(), brand) : nullptr;
}

pages::PublicConfig public_config(config::Config const& config, pages::Brand const& brand)
{
    pages::PublicConfig told;
    if (!config.allowed_countries.empty()) told.countries = config.allowed_countries;
    told.default_country = config.default_country_code;
    told.password_login = config.password_login;
    told.brand = pages::public_brand(brand, config.pages);
    told.billing = billing_of(config);
    if (told.billing != pages::Billing::off) told.plans = "/plans/";
    told.terms_url = config.terms_url;
    told.privacy_url = config.privacy_url;
    return told;
}

} // namespace pollux::app
