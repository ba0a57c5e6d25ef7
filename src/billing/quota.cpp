#include "billing/quota.hpp"

#include "billing/tokens_sql.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql take_unit_sql = R"sql(
    insert into usage_days (user_id, day, used) values ($1, $2, 1)
    on conflict (user_id, day) do update set used = usage_days.used + 1 where usage_days.used < $3
    returning used
)sql";

constexpr db::Sql used_units_sql = "select used from usage_days where user_id = $1 and day = $2";

// Sums stay below POLLUX_TOKENS_MAX and one reply's: an older version may have kept a figure that leaves no room for another.
constexpr db::Sql settle_sql =
    "update usage_days set used = used - $3, "
    "prompt_tokens = " POLLUX_TOKENS("prompt_tokens") " + $4, "
                                                      "completion_tokens = " POLLUX_TOKENS(
                                                          "completion_tokens") " + $5, "
                                                                               "thought_tokens = " POLLUX_TOKENS(
                                                                                   "thought_tokens") " + $6 "
                                                                                                     "where user_id = $1 and day = $2";

// What they add up to on a day is the day's own sum.
constexpr db::Sql count_model_sql = R"sql(
    insert into usage_models (user_id, day, model, replies, prompt_tokens, completion_tokens, thought_tokens)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (user_id, day, model) do update set replies = usage_models.replies + excluded.replies,
        prompt_tokens = usage_models.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = usage_models.completion_tokens + excluded.completion_tokens,
        thought_tokens = usage_models.thought_tokens + excluded.thought_tokens
)sql";

enum class Counted { reply, tokens };

asio::awaitable<void> count(db::Transaction& transaction, Settlement settlement, Counted counted)
{
    co_await transaction.run_later(settle_sql, settlement.user, settlement.day, settlement.units_back, settlement.prompt_tokens,
                                   settlement.completion_tokens, settlement.thought_tokens);
    auto const replies = counted == Counted::reply ? 1 - settlement.units_back : 0;
    bool const has_cost = replies + settlement.prompt_tokens + settlement.completion_tokens + settlement.thought_tokens > 0;
    if (settlement.model.empty() || !has_cost) co_return;
    co_await transaction.run_later(count_model_sql, settlement.user, settlement.day, settlement.model, replies, settlement.prompt_tokens,
                                   settlement.completion_tokens, settlement.thought_tokens);
}

} // namespace

asio::awaitable<std::optional<std::int64_t>> take_unit(db::Transaction& transaction, UserId user, std::int64_t day, std::int64_t limit)
{
    if (limit <= 0) co_return std::nullopt; // The first unit of a day is an insert, which asks for no limit.
    auto const rows = co_await transaction.run(take_unit_sql, user, day, limit);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().integer();
}

asio::awaitable<std::int64_t> used_units(db::Transaction& transaction, UserId user, std::int64_t day)
{
    auto const rows = co_await transaction.run(used_units_sql, user, day);
    co_return rows.empty() ? 0 : rows.front().only().integer();
}

asio::awaitable<void> settle(db::Transaction& transaction, Settlement settlement)
{
    return count(transaction, std::move(settlement), Counted::reply);
}

asio::awaitable<void> count_tokens(db::Transaction& transaction, Settlement settlement)
{
    settlement.units_back = 0;
    return count(transaction, std::move(settlement), Counted::tokens);
}

} // namespace pollux::billing
