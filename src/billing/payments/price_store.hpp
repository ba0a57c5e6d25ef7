// Which prices of the provider buy which plan, of one mode and account. Retired prices are not sold any more and go on to entitle.
#pragma once

#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <map>
#include <string>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

class PriceStore {
public:
    explicit PriceStore(db::Database& database) : database_(database) {}

    asio::awaitable<std::map<std::string, std::string>> plan_of_price(PaymentScope scope); // Sold and retired.
    asio::awaitable<std::vector<std::string>> sold(std::string plan, PaymentScope scope);  // In the order in which they were added.

    // Those of the settings, at each start: added when they are new. False: no such plan.
    asio::awaitable<bool> add(std::string plan, std::string price, PaymentScope scope);

private:
    db::Database& database_;
};

} // namespace pollux::billing
