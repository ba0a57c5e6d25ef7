// Plans, and what users have used of theirs, by the database's clock. Taking and settling units stands in billing/quota.hpp.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "billing/plan.hpp"
#include "billing/plan_list.hpp"
#include "billing/plan_store.hpp"
#include "billing/request_rates.hpp"
#include "billing/upgrade.hpp"
#include "bus/signals.hpp"
#include "db/database.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

struct TokensUsed {
    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    std::int64_t thought_tokens = 0;
};
POLLUX_DESCRIBE(TokensUsed, (prompt_tokens, completion_tokens, thought_tokens))

struct UsageDay {
    std::string day; // "2026-11-22", UTC.
    std::int64_t used = 0;
    TokensUsed tokens;
};
POLLUX_DESCRIBE(UsageDay, (day, used, tokens))

// Today's, and a row a day when days were asked for: oldest first, today last, days without use too.
struct UsageReport {
    std::string tier;
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::int64_t remaining = 0;
    Time resets_at;
    TokensUsed tokens;
    Omittable<std::vector<UsageDay>> days;
    Omittable<Upgrade> upgrade; // Where there is a higher plan that can be had.
};
POLLUX_DESCRIBE(UsageReport, (tier, limit, used, remaining, resets_at, tokens, days, upgrade))

class BillingService {
public:
    // Both must outlive this. Without prices nothing is for sale.
    explicit BillingService(db::Database& database, PlanPrices* prices = nullptr)
        : database_(database), plans_(database), prices_(prices), rates_(database)
    {}

    // Once at the start, before anything is served. May be repeated.
    asio::awaitable<void> seed_plans(PlanSeeds seeds) { return plans_.seed(seeds); }

    // Those that are for everybody to see.
    asio::awaitable<PlanList> plans();

    // user_not_found when the account is gone.
    asio::awaitable<Result<Plan>> plan_of(UserId user);
    // Requests a minute, cheap enough to be asked at every one.
    asio::awaitable<std::optional<std::int64_t>> requests_per_minute(UserId user) { return rates_.per_minute(user); }
    asio::awaitable<Result<UsageReport>> usage(UserId user, std::optional<std::int64_t> days);

    // From now on other processes learn of changed plans at once, and tell of theirs. Before anything is served; `signals` outlives this.
    void share_changes(bus::Signals& signals);
    // After COMMIT. From any thread, never waits. Without it, and where nobody hears, a change holds when `rates_kept` has passed.
    void plan_changed(UserId user);
    void plans_changed(); // What plans allow.

private:
    db::Database& database_;
    PlanStore plans_;
    PlanPrices* prices_;
    RequestRates rates_;
    bus::Signals* signals_ = nullptr;
    std::unique_ptr<bus::Signals::Subscription> subscription_;
};

// Everything billing keeps of a user, for the transaction that erases them.
asio::awaitable<void> erase_user(db::Transaction& transaction, UserId user);

} // namespace pollux::billing
