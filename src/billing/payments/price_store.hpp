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

// A price by which a plan is sold besides those of the settings.
struct StoredPrice {
    std::string account;
    std::string price;
};

enum class PriceState { sold, retired };

struct KnownPrice {
    std::string price;
    std::string plan;
    PriceState state = PriceState::sold;
    bool is_of_settings = false; // Each start sells it again, as theirs.
};

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

    // What an operator says of a price, besides those of the settings, in its transaction.
    static asio::awaitable<std::optional<KnownPrice>> known(db::Transaction& transaction, PaymentScope scope, std::string price);
    static asio::awaitable<void> put(db::Transaction& transaction, PaymentScope scope, KnownPrice price, PlanPrice said);
    // Of the mode and account in force: by plan, as they are offered, the retired ones last.
    asio::awaitable<std::vector<KnownPrice>> all();

    // For who looks at a database without opening it as a server does. Of a mode ($1) and all accounts; of plans that are not archived.
    static db::Sql const& besides_settings_sql();
    static std::vector<StoredPrice> read_besides_settings(db::Rows const& rows);

private:
    db::Database& database_;
};

} // namespace pollux::billing
