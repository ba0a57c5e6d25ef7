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

// Whether there is a plan above this one that is shown and sold.
asio::awaitable<bool> has_higher_plan(db::Transaction& transaction, std::string plan);

} // namespace pollux::billing
