#include "app/demo_payments.hpp"

#include "billing/demo/demo_api.hpp"
#include "billing/demo/demo_prices.hpp"
#include "billing/demo/demo_routes.hpp"
#include "billing/tiers.hpp"

namespace pollux::app {
namespace {

asio::awaitable<int> take_demo_out_of_force(db::Transaction& transaction)
{
    co_await billing::take_payments_out_of_force(transaction, std::string(billing::stripe::word_of(billing::stripe::Mode::demo)));
    co_return 0;
}

} // namespace

bool sells_in_demo(config::Config const& config)
{
    return config.debug && !config.stripe_secret_key;
}

std::unique_ptr<billing::stripe::Api> make_demo(config::Config const& config, db::Database& database, tasks::Bell const& bell)
{
    return std::make_unique<billing::demo::DemoApi>(database, bell, config.public_url);
}

std::vector<std::string> demo_price_ids()
{
    std::vector<std::string> ids;
    for (auto const& price : billing::demo::demo_prices) ids.emplace_back(price.id);
    return ids;
}

asio::awaitable<void> settle_demo(config::Config const& config, db::Database& database)
{
    if (config.debug) co_return;
    co_await database.transact([](db::Transaction& transaction) { return take_demo_out_of_force(transaction); });
}

DemoPayments::DemoPayments(config::Config const& config, std::string const& secret_key, db::Database& database, tasks::Bell const& bell,
                           billing::Webhook& webhook, Clock const& clock)
    : desk_(database, bell), telling_{database, webhook, billing::demo::signing_secret(secret_key), config.public_url, bell, clock}
{}

void DemoPayments::add_pages(http::Router& router)
{
    billing::demo::add_demo_routes(router, desk_);
}

} // namespace pollux::app
