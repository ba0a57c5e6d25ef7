// What takes payments, built from the settings: with a key of Stripe's, Stripe; without one in debug a demo, and else nothing: then every
// request to buy says so.
#pragma once

#include "app/demo_payments.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "billing/payments/payment_watch.hpp"
#include "billing/payments/payments_routes.hpp"
#include "billing/payments/price_desk.hpp"
#include "billing/payments/reconcile.hpp"
#include "billing/payments/sold_prices.hpp"
#include "config/config.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pollux::app {

namespace asio = boost::asio;

// Whom payments come from, and what is sold: the plans know no more of it.
class PaymentSource {
public:
    // Null when nothing is sold. The database and the bell must outlive it.
    static std::unique_ptr<PaymentSource> make(config::Config const& config, std::string const& secret_key, db::Database& database,
                                               tasks::Bell const& bell);

    // The settings' prices come into force; at each start of what serves.
    asio::awaitable<void> ask_for_prices() { return prices.ask_for(prices_of_settings_); }

private:
    PaymentSource(std::unique_ptr<billing::stripe::Api> api, std::string key_mac, std::vector<std::string> prices, db::Database& database);

    std::vector<std::string> const prices_of_settings_;

public:
    std::unique_ptr<billing::stripe::Api> const api;
    billing::PaymentAccount account;
    billing::SoldPrices prices;
};

class Payments {
public:
    struct Needs {
        db::Database& database;
        billing::Tiers& tiers;
        tasks::Bell const& bell;
        limits::RateLimiter& limiter;
        Clock const& clock;
    };

    // All must outlive it.
    Payments(PaymentSource& source, config::Config const& config, std::string const& secret_key, Needs needs);

    void add_kinds(tasks::TaskKinds& kinds);
    asio::awaitable<void> look() { return watch_.look(); } // Every minute.
    // Null: there is nothing to reconcile with a demo.
    billing::Reconcile* reconcile() { return demo_ ? nullptr : &reconcile_; }
    billing::PriceDesk& price_desk() { return price_desk_; }
    billing::PaymentsApi routes() { return {&service_, &webhook_}; }
    void add_pages(http::Router& router); // The demo's, where it is one.

private:
    PaymentSource& source_;
    billing::Installation installation_;
    billing::CustomerSync sync_;
    billing::Portal portal_;
    billing::Checkout checkout_;
    billing::PaymentsService service_;
    billing::Webhook webhook_;
    std::optional<DemoPayments> demo_;
    billing::PaymentParts parts_;
    billing::Reconcile reconcile_;
    billing::PaymentWatch watch_;
    billing::PriceDesk price_desk_;
};

} // namespace pollux::app
