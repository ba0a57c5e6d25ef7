#include "app/payments.hpp"

#include "base/required.hpp"
#include "base/secrets.hpp"
#include "billing/stripe/account_objects.hpp"
#include "billing/stripe/client.hpp"

namespace pollux::app {
namespace {

billing::PaymentsOptions payments_options(config::Config const& config)
{
    return {.return_urls = {config.public_url, config.cors_allowed_origins, config.debug},
            .publishable_key = config.stripe_publishable_key};
}

billing::CheckoutOptions checkout_options(config::Config const& config)
{
    billing::CheckoutOptions options{.automatic_tax = config.stripe_automatic_tax, .promotion_codes = config.stripe_promotion_codes};
    if (config.stripe_trial_days > 0) options.trial_days = config.stripe_trial_days;
    return options;
}

std::vector<std::string> webhook_secrets(config::Config const& config, std::string const& secret_key)
{
    if (sells_in_demo(config)) return {billing::demo::signing_secret(secret_key)};
    std::vector<std::string> secrets;
    for (auto const& secret : config.stripe_webhook_secrets) secrets.push_back(secret.reveal());
    return secrets;
}

std::string mac_of_key(std::string const& secret_key, std::string const& key)
{
    return to_hex(hmac_sha256(derive_key(secret_key, "payment keys"), key));
}

} // namespace

PaymentSource::PaymentSource(std::unique_ptr<billing::stripe::Api> with, std::string key_mac, std::vector<std::string> sold,
                             db::Database& database)
    : prices_of_settings_(std::move(sold)), api(std::move(with)), account(database, *api, std::move(key_mac)),
      prices(database, *api, account)
{}

std::unique_ptr<PaymentSource> PaymentSource::make(config::Config const& config, std::string const& secret_key, db::Database& database,
                                                   tasks::Bell const& bell)
{
    if (sells_in_demo(config)) {
        auto demo = make_demo(config, database, bell);
        return std::unique_ptr<PaymentSource>(new PaymentSource(std::move(demo), {}, demo_price_ids(), database));
    }
    if (!config.stripe_secret_key) return nullptr;
    auto const key = required(config.stripe_secret_key).reveal();
    auto client =
        std::make_unique<billing::stripe::Client>(billing::stripe::ClientOptions{.base_url = config.stripe_base_url, .secret_key = key});
    return std::unique_ptr<PaymentSource>(
        new PaymentSource(std::move(client), mac_of_key(secret_key, key), config.stripe_price_ids, database));
}

Payments::Payments(PaymentSource& source, config::Config const& config, std::string const& secret_key, Needs needs)
    : source_(source), installation_(needs.database),
      sync_(needs.database, *source.api, source.account, installation_, needs.tiers, config.billing_grace_days),
      portal_(*source.api, config.public_url),
      checkout_(needs.database, *source.api, source.account, installation_, portal_, checkout_options(config)),
      service_(
          {needs.database, *source.api, source.account, installation_, checkout_, portal_, sync_, needs.tiers, needs.limiter, needs.clock},
          payments_options(config)),
      webhook_(needs.database, source.api->mode(), source.account, webhook_secrets(config, secret_key), tasks::Seal(secret_key), needs.bell,
               needs.clock),
      parts_{needs.database, *source.api, source.account, sync_},
      reconcile_({needs.database, *source.api, source.account, installation_, needs.tiers, needs.bell}, config.billing_grace_days,
                 billing::stripe::webhook_urls(config.public_url)),
      watch_(needs.database, source.account), price_desk_(needs.database, *source.api, source.account, needs.bell)
{
    if (sells_in_demo(config)) demo_.emplace(config, secret_key, needs.database, needs.bell, webhook_, needs.clock);
}

void Payments::add_kinds(tasks::TaskKinds& kinds)
{
    billing::add_price_kind(kinds, source_.prices);
    billing::add_payment_kinds(kinds, parts_);
    if (demo_) {
        demo_->add_kinds(kinds);
    } else {
        billing::add_reconcile_kind(kinds, reconcile_);
    }
}

void Payments::add_pages(http::Router& router)
{
    if (demo_) demo_->add_pages(router);
}

} // namespace pollux::app
