// `pollux plans`, `pollux grant` and `pollux revoke`, beside a running server or alone: see beside_server.hpp. Each change is in `audit`.
#pragma once

#include "app/rooms.hpp"
#include "config/config.hpp"
#include "control/server.hpp"

#include <string>
#include <vector>

namespace pollux::app {

// What was done, in one line, or the list of plans. `fields` are like "rooms_max=50". Each throws std::exception with one line for the
// operator.
Result<std::string> list_plans(config::Config const& config);
Result<std::string> set_plan(config::Config const& config, std::string plan, std::vector<std::string> const& fields);
Result<std::string> add_plan(config::Config const& config, std::string plan, std::vector<std::string> const& fields);
// From now on the price of Stripe's buys the plan; retired, it is not sold, and who pays by it has the plan.
Result<std::string> price_plan(config::Config const& config, std::string plan, std::string price, billing::PriceState state);
// `until` as parse_end() takes it; empty: without end.
Result<std::string> grant_plan(config::Config const& config, std::string mobile, std::string plan, std::string until, std::string reason);
Result<std::string> revoke_plan(config::Config const& config, std::string mobile, std::string plan);

// The server's part of them.
control::Commands plan_commands(Rooms& rooms);

} // namespace pollux::app
