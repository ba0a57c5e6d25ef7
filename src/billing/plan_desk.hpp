// Where plans are changed: by an operator, with a row in `audit` for each change. A change holds on every node within five seconds.
#pragma once

#include "base/error.hpp"
#include "billing/billing_service.hpp"
#include "billing/plan_store.hpp"
#include "tasks/bell.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pollux::billing {

using PlanFields = std::vector<std::pair<std::string, std::string>>; // Name and value, as plan_fields.hpp takes them.

class PlanDesk {
public:
    // All must outlive this. `models`: the ids there are, so that a plan names no other.
    PlanDesk(db::Database& database, BillingService& billing, tasks::Bell const& bell, std::vector<std::string> models)
        : database_(database), store_(database), billing_(billing), bell_(bell), models_(std::move(models))
    {}

    asio::awaitable<std::vector<Plan>> all() { return store_.all(); }

    // What has changed, in words ("rank 1 -> 2"); empty: nothing. Errors: plan_not_found, wrong_plan_field, unknown_plan_field,
    // unknown_model.
    asio::awaitable<Result<std::vector<std::string>>> set(std::string name, PlanFields fields, std::string actor);

    // A plan with the limits of basic but for what is given; it is neither public nor anybody's. Errors: as set(), plan_exists,
    // wrong_plan_name.
    asio::awaitable<Result<Plan>> add(std::string name, PlanFields fields, std::string actor);

private:
    Result<void> apply(Plan& plan, PlanFields const& fields) const;
    asio::awaitable<Result<std::vector<std::string>>> set_in(db::Transaction& transaction, std::string name, PlanFields const& fields,
                                                             std::string actor);
    asio::awaitable<Result<Plan>> add_in(db::Transaction& transaction, std::string name, PlanFields const& fields, std::string actor);

    db::Database& database_;
    PlanStore store_;
    BillingService& billing_;
    tasks::Bell const& bell_;
    std::vector<std::string> const models_;
};

} // namespace pollux::billing
