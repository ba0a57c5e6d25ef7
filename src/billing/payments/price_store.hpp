// Which prices of the provider buy which plan, of one mode and account, and what the provider says of them. Retired prices are not sold any
// more and go on to entitle.
#pragma once

#include "billing/plan_prices.hpp"
#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pollux::billing {

class PriceStore {
public:
    explicit PriceStore(db::Database& database) : database_(database) {}

    asio::awaitable<std::map<std::string, std::string>> plan_of_price(PaymentScope scope); // Sold and retired.
    asio::awaitable<std::vector<std::string>> sold(std::string plan, PaymentScope scope);  // As they are offered.

    // Those of the settings, in this order, before all others; those that the settings named before are retired.
    asio::awaitable<void> put_settings(std::string plan, std::vector<std::string> prices, PaymentScope scope);

    // What the provider says of a price; nullopt: it cannot be bought.
    asio::awaitable<void> describe(PaymentScope scope, std::string price, std::optional<PlanPrice> said);

    // Of the mode and account in force, by plan: all that can be bought and are known.
    asio::awaitable<std::map<std::string, std::vector<PlanPrice>>> offered();

private:
    db::Database& database_;
};

} // namespace pollux::billing
