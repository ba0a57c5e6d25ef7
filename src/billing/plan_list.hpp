// GET /plans/: what everybody may see of the plans.
#pragma once

#include "base/json.hpp"
#include "billing/plan_prices.hpp"
#include "billing/plan_store.hpp"

namespace pollux::billing {

struct PlanLimits {
    std::int64_t messages_per_day = 0;
    std::int64_t requests_per_minute = 0;
    std::optional<std::vector<std::string>> models; // Null: all there are.
    std::int64_t context_tokens = 0;
    std::int64_t message_characters_max = 0;
    std::int64_t replies_at_once = 0;
    std::int64_t rooms_max = 0;
};
POLLUX_DESCRIBE(PlanLimits,
                (messages_per_day, requests_per_minute, models, context_tokens, message_characters_max, replies_at_once, rooms_max))

POLLUX_DESCRIBE(PlanPrice, (id, amount_minor, currency, exponent, interval, interval_count))

struct PlanView {
    std::string name; // What `tier` says of a user.
    std::string title;
    std::int64_t rank = 0;
    std::vector<std::string> description;
    PlanLimits limits;
    std::vector<PlanPrice> prices;
};
POLLUX_DESCRIBE(PlanView, (name, title, rank, description, limits, prices))

struct PlanList {
    std::vector<PlanView> results; // By rank, the lowest first.
    std::optional<std::string> next;
};
POLLUX_DESCRIBE(PlanList, (results, next))

PlanLimits limits_of(Plan const& plan);

// Those that are public and not archived, in this order.
PlanList public_plans(std::vector<Plan> plans, std::map<std::string, std::vector<PlanPrice>> prices);

} // namespace pollux::billing
