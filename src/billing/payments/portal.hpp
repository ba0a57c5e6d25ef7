// Pages of the provider's portal, with the configuration that `pollux stripe-setup` made for this server, or where there is none with the
// one that was saved in the provider's Dashboard.
#pragma once

#include "billing/stripe/changes.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

// For how long it is remembered which configuration is ours.
constexpr std::chrono::hours portal_configuration_kept{1};

// Safe from any thread.
class Portal {
public:
    // `owner`: what our configuration names (metadata[pollux]), PUBLIC_URL. The api must outlive it.
    Portal(stripe::Api const& api, std::string owner) : api_(api), owner_(std::move(owner)) {}

    // The page's URL. `wish` needs no configuration.
    asio::awaitable<stripe::Change<std::string>> open(stripe::PortalWish wish, Steady::time_point deadline);

private:
    asio::awaitable<std::string> configuration(Steady::time_point deadline);
    void forget();

    stripe::Api const& api_;
    std::string const owner_;
    std::mutex mutex_;
    std::optional<std::string> known_; // Empty: none is ours.
    Steady::time_point known_until_{};
};

} // namespace pollux::billing
