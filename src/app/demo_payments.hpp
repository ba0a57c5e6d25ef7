// Debug's demo of payments, where no key of the payment provider's is set: its pages, and the tasks that tell what happens there.
#pragma once

#include "billing/demo/demo_desk.hpp"
#include "billing/demo/demo_events.hpp"
#include "config/config.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pollux::http {
class Router;
}

namespace pollux::app {

namespace asio = boost::asio;

// Whether payments are a demo by these settings.
bool sells_in_demo(config::Config const& config);

std::unique_ptr<billing::stripe::Api> make_demo(config::Config const& config, db::Database& database, tasks::Bell const& bell);
std::vector<std::string> demo_price_ids();

// At each start: outside debug what was bought in the demo counts no more.
asio::awaitable<void> settle_demo(config::Config const& config, db::Database& database);

class DemoPayments {
public:
    // All must outlive it.
    DemoPayments(config::Config const& config, std::string const& secret_key, db::Database& database, tasks::Bell const& bell,
                 billing::Webhook& webhook, Clock const& clock);

    void add_kinds(tasks::TaskKinds& kinds) { billing::demo::add_demo_kinds(kinds, telling_); }
    void add_pages(http::Router& router);

private:
    billing::demo::DemoDesk desk_;
    billing::demo::DemoTelling telling_;
};

} // namespace pollux::app
