// The way to a higher plan, as refusals and the usage report name it.
#pragma once

#include "base/json.hpp"
#include "db/database.hpp"

namespace pollux::billing {

namespace asio = boost::asio;

struct Upgrade {
    std::string plans = "/plans/";
    std::string checkout = "/subscription/checkout/";
};
POLLUX_DESCRIBE(Upgrade, (plans, checkout))

// Of a statement on `plans p`: whether there is a plan above p that is shown, and that a price buys of the payments in force.
#define POLLUX_HAS_HIGHER_PLAN                                                                                                             \
    "exists (select 1 from plans h join plan_prices x on x.plan = h.name and x.state = 'sold' "                                            \
    "join payments_in_force s on s.mode = x.mode and s.account = x.account "                                                               \
    "where h.rank > p.rank and h.is_public = 1 and h.is_archived = 0)"

// Whether something can be bought that is above this plan.
asio::awaitable<bool> has_higher_plan(db::Transaction& transaction, std::string plan);

} // namespace pollux::billing
