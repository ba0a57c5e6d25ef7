#include "cli/stripe_access.hpp"

#include "base/required.hpp"
#include "config/addresses.hpp"

namespace pollux::cli {

std::optional<billing::stripe::Client> stripe_client(config::Config const& config, std::chrono::milliseconds call_time_max)
{
    auto const url = config::parse_web_url(config.stripe_base_url);
    bool const is_safe = url && (url->is_https || config::is_loopback_host(url->host));
    if (!config.stripe_secret_key || !is_safe) return std::nullopt;
    return std::optional<billing::stripe::Client>(std::in_place,
                                                  billing::stripe::ClientOptions{.base_url = config.stripe_base_url,
                                                                                 .secret_key = required(config.stripe_secret_key).reveal(),
                                                                                 .call_time_max = call_time_max});
}

} // namespace pollux::cli
