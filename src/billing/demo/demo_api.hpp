// Debug's stand-in for Stripe: the same calls, answered from the database. Nothing leaves this machine, and no money moves.
#pragma once

#include "billing/demo/demo_store.hpp"
#include "billing/stripe/api.hpp"
#include "tasks/bell.hpp"

#include <string>

namespace pollux::billing::demo {

class DemoApi final : public stripe::Api {
public:
    // `public_url`: below which its pages are (demo_routes.hpp). All references must outlive this.
    DemoApi(db::Database& database, tasks::Bell const& bell, std::string public_url)
        : database_(database), bell_(bell), public_url_(std::move(public_url))
    {}

    // A change that is asked for again with its operation is done once, and answered as the first time. Throws what the database throws.
    asio::awaitable<stripe::Answer> call(stripe::Call call) const override;

    stripe::Mode mode() const override { return stripe::Mode::demo; }

private:
    db::Database& database_;
    tasks::Bell const& bell_;
    std::string const public_url_;
};

} // namespace pollux::billing::demo
