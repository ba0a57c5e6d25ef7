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

// A price that a database names.
struct StoredPrice {
    std::string account;
    std::string price;
    std::string plan;
    bool is_sold = true;         // And the plan, to everybody.
    bool is_of_settings = false; // Of those that the last start had, which a next one may take back.
};

enum class PriceState { sold, retired };

struct KnownPrice {
    std::string price;
    std::string plan;
    PriceState state = PriceState::sold;
    bool is_of_settings = false; // Each start sells it again, as theirs.
};

// What the provider says of a price.
struct PriceSaid {
    bool is_for_sale = false;       // Active there, and paid period by period.
    std::optional<PlanPrice> offer; // None for what has no one amount, such as tiers.
};

class PriceStore {
public:
    explicit PriceStore(db::Database& database) : database_(database) {}

    asio::awaitable<std::map<std::string, std::string>> plan_of_price(PaymentScope scope); // Sold and retired.
    // As they are offered, without those that the provider sells no more.
    asio::awaitable<std::vector<std::string>> sold(std::string plan, PaymentScope scope);
    // Of all plans, by plan, as they are offered; those too that the provider sells no more, since it may again.
    asio::awaitable<std::vector<KnownPrice>> for_sale(PaymentScope scope);

    // Those of the settings, in this order, before all others; those that the settings named before are retired. What an operator gave to
    // another plan stays that plan's: those are returned.
    asio::awaitable<std::vector<KnownPrice>> put_settings(std::string plan, std::vector<std::string> prices, PaymentScope scope);

    asio::awaitable<void> describe(PaymentScope scope, std::string price, PriceSaid said);

    // Of the mode and account in force, by plan: all that can be bought and are known.
    asio::awaitable<std::map<std::string, std::vector<PlanPrice>>> offered();

    // What an operator says of a price, besides those of the settings, in its transaction.
    static asio::awaitable<std::optional<KnownPrice>> known(db::Transaction& transaction, PaymentScope scope, std::string price);
    static asio::awaitable<void> put(db::Transaction& transaction, PaymentScope scope, KnownPrice price, PriceSaid said);
    // Of the mode and account in force: by plan, as they are offered, the retired ones last.
    asio::awaitable<std::vector<KnownPrice>> all();

    // For who looks at a database without opening it as a server does. Of a mode ($1) and all accounts.
    static db::Sql const& stored_sql();
    static std::vector<StoredPrice> read_stored(db::Rows const& rows);

private:
    db::Database& database_;
};

} // namespace pollux::billing
