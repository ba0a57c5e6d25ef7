#include "app/pages.hpp"

#include "app/demo_payments.hpp"
#include "base/literals.hpp"
#include "base/text.hpp"

#include <fstream>
#include <stdexcept>

namespace pollux::app {
namespace {

constexpr std::size_t logo_bytes_max = 64_KiB;

[[noreturn]] void refuse_logo(std::filesystem::path const& file, std::string const& why)
{
    throw std::runtime_error("BRAND_LOGO_FILE: " + file.string() + " " + why);
}

// What it is, by what stands in it: names say little.
std::optional<pages::LogoKind> kind_of(std::string_view bytes)
{
    constexpr std::string_view png_begin("\x89PNG\r\n\x1a\n", 8);
    constexpr std::size_t searched_bytes = 4'096; // Editors write comments before the picture.
    if (bytes.starts_with(png_begin)) return pages::LogoKind::png;
    bool const is_svg = is_utf8(bytes) && bytes.substr(0, searched_bytes).find("<svg") != std::string_view::npos;
    return is_svg ? std::optional(pages::LogoKind::svg) : std::nullopt;
}

pages::Logo read_logo(std::filesystem::path const& file)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) refuse_logo(file, "is no file that can be read");
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(logo_bytes_max + 1, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(stream.gcount()));
    if (!stream.is_open() || stream.bad()) refuse_logo(file, "is no file that can be read");
    if (bytes.size() > logo_bytes_max) refuse_logo(file, "is over 64 KiB");
    auto const kind = kind_of(bytes);
    if (!kind) refuse_logo(file, "is neither an SVG nor a PNG");
    return {*kind, std::move(bytes)};
}

pages::Billing billing_of(config::Config const& config)
{
    if (sells_in_demo(config)) return pages::Billing::demo;
    return config.stripe_secret_key ? pages::Billing::stripe : pages::Billing::off;
}

} // namespace

pages::Brand brand_of(config::Config const& config)
{
    pages::Brand brand{config.brand_name, config.brand_accent, config.brand_accent_dark, {}};
    if (config.brand_logo_file) brand.logo = read_logo(*config.brand_logo_file);
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
