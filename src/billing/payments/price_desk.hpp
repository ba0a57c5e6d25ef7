// Where an operator says which plan a price of the provider's buys, besides the prices of the settings: a row in `audit` for each change.
// Rows decide at every request, so a change holds on every node at once; who pays by the price already is fetched again.
#pragma once

#include "base/error.hpp"
#include "billing/payments/account.hpp"
#include "billing/payments/price_store.hpp"
#include "tasks/bell.hpp"

#include <string>

namespace pollux::billing {

class PriceDesk {
public:
    // All must outlive this.
    PriceDesk(db::Database& database, stripe::Api const& api, PaymentAccount& account, tasks::Bell const& bell)
        : database_(database), api_(api), account_(account), bell_(bell), store_(database)
    {}

    struct Wish {
        std::string plan;
        std::string price;
        PriceState state = PriceState::sold; // retired: nobody buys by it, and who pays by it has the plan.
    };
    struct Outcome {
        PaymentScope scope;      // Where the price is.
        bool is_changed = false; // False: it was so already.
        bool was_sold = false;   // Before: pages that are open already go on to sell it.
        bool is_public = false;  // The plan: else nobody can buy it.
        std::int64_t payers = 0; // Who pay by it, and are fetched now since they had another plan by it, or none.
    };
    // Errors: plan_not_found, plan_archived, invalid_input (plan, price), price_not_found, price_of_settings, payment_provider_slow,
    // payment_refused.
    asio::awaitable<Result<Outcome>> assign(Wish wish, std::string actor, Steady::time_point deadline);

    // Of the mode and account in force: by plan, as they are offered, the retired ones last.
    asio::awaitable<std::vector<KnownPrice>> all() { return store_.all(); }

private:
    db::Database& database_;
    stripe::Api const& api_;
    PaymentAccount& account_;
    tasks::Bell const& bell_;
    PriceStore store_;
};

} // namespace pollux::billing
