// Plans and what users have used of theirs. Taking and settling units stands in billing/quota.hpp.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "billing/plan.hpp"
#include "billing/request_rates.hpp"
#include "db/database.hpp"

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
};
POLLUX_DESCRIBE(UsageReport, (tier, limit, used, remaining, resets_at, tokens, days))

// What the plans start with; rows that are there already stay as they are.
struct PlanSeeds {
    std::int64_t basic_messages_per_day = 5;
    std::int64_t pro_messages_per_day = 1000;
    std::int64_t context_tokens = 32'000;
};

class BillingService {
public:
    BillingService(db::Database& database, Clock const& clock) : database_(database), clock_(clock) {}

    // Once at the start, before anything is served. May be repeated.
    asio::awaitable<void> seed_plans(PlanSeeds seeds);

    // user_not_found when the account is gone.
    asio::awaitable<Result<Plan>> plan_of(UserId user);
    // Requests a minute, cheap enough to be asked at every one.
    asio::awaitable<std::optional<std::int64_t>> requests_per_minute(UserId user) { return rates_.per_minute(user); }
    asio::awaitable<Result<UsageReport>> usage(UserId user, std::optional<std::int64_t> days);

private:
    db::Database& database_;
    Clock const& clock_;
    RequestRates rates_{database_};
};

// Everything billing keeps of a user, for the transaction that erases them.
asio::awaitable<void> erase_user(db::Transaction& transaction, UserId user);

} // namespace pollux::billing
