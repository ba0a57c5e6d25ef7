// What plans cost, for everybody to see: as the provider said it last, so that it is known while the provider is down, and on every node.
#pragma once

#include "billing/payments/account.hpp"
#include "billing/payments/price_store.hpp"
#include "billing/stripe/objects.hpp"
#include "tasks/task_kinds.hpp"

#include <string>
#include <vector>

namespace pollux::billing {

// Subject: settings_subject at a start, with the key's MAC and the prices that the settings name in the payload; of the hourly one,
// nothing. A newer start takes the place of one that is not done.
inline constexpr char const* look_at_prices_task = "stripe_prices";

PriceSaid said_of(stripe::Price const& price);

// Asks the provider for a price that is sold here, and writes down what it says. True: whoever buys by it can; nullopt: it does not answer,
// and why not stands in `why`, if that is given.
asio::awaitable<std::optional<bool>> look_at_price(PriceStore& store, stripe::Api const& api, PaymentScope scope, KnownPrice price,
                                                   Steady::time_point deadline, char const** why = nullptr);

class SoldPrices final : public PlanPrices {
public:
    // All must outlive this.
    SoldPrices(db::Database& database, stripe::Api const& api, PaymentAccount& account)
        : database_(database), api_(api), account_(account), store_(database)
    {}

    asio::awaitable<std::map<std::string, std::vector<PlanPrice>>> sold() override { return store_.offered(); }

    // At each start: the settings' prices come into force, once the provider has said whose they are.
    asio::awaitable<void> ask_for(std::vector<std::string> prices);

    // May run twice: it only writes down what the provider says.
    asio::awaitable<tasks::TaskOutcome> look(tasks::TaskRun& run);

private:
    db::Database& database_;
    stripe::Api const& api_;
    PaymentAccount& account_;
    PriceStore store_;
};

void add_price_kind(tasks::TaskKinds& kinds, SoldPrices& prices);

} // namespace pollux::billing
