// What the demo's pages show and do.
#pragma once

#include "billing/demo/demo_changes.hpp"
#include "tasks/bell.hpp"

#include <optional>
#include <string>

namespace pollux::billing::demo {

class DemoDesk {
public:
    // All must outlive this.
    DemoDesk(db::Database& database, tasks::Bell const& bell) : database_(database), bell_(bell) {}

    // In all of these, nullopt: there is no such page.

    struct CheckoutView {
        DemoSession session;
        Time now;
    };
    asio::awaitable<std::optional<CheckoutView>> checkout(std::string id);
    asio::awaitable<std::optional<CheckoutView>> pay(std::string id, Payment payment);

    struct PortalView {
        DemoPortal portal;
        std::optional<DemoSubscription> subscription; // The newest that is not over; else the newest.
        Time now;
    };
    asio::awaitable<std::optional<PortalView>> portal(std::string id);

    enum class Wish { cancel, keep, change_price };
    // `price`: of the last. What cannot be done is not done: the view says how it is.
    asio::awaitable<std::optional<PortalView>> change(std::string id, Wish wish, std::string price);

private:
    db::Database& database_;
    tasks::Bell const& bell_;
};

} // namespace pollux::billing::demo
