// The table of plans.
#pragma once

#include "billing/plan.hpp"
#include "db/database.hpp"

#include <optional>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

// What the plans start with; rows that are there already stay as they are.
struct PlanSeeds {
    std::int64_t basic_messages_per_day = 5;
    std::int64_t pro_messages_per_day = 1000;
    std::int64_t context_tokens = 32'000;
};

class PlanStore {
public:
    explicit PlanStore(db::Database& database) : database_(database) {}

    // May be repeated.
    asio::awaitable<void> seed(PlanSeeds seeds);

    // nullopt when the account is gone.
    asio::awaitable<std::optional<Plan>> of_user(UserId user);

    // By rank, then by name; those too that are not public, or archived.
    asio::awaitable<std::vector<Plan>> all();

    // Until the transaction ends nobody else changes it.
    static asio::awaitable<std::optional<Plan>> lock(db::Transaction& transaction, std::string name);
    static asio::awaitable<void> change(db::Transaction& transaction, Plan plan); // But its name.
    static asio::awaitable<bool> add(db::Transaction& transaction, Plan plan);    // False: there is one of this name.

private:
    db::Database& database_;
};

} // namespace pollux::billing
