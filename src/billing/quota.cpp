#include "billing/quota.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql take_unit_sql = R"sql(
    insert into usage_days (user_id, day, used) values ($1, $2, 1)
    on conflict (user_id, day) do update set used = usage_days.used + 1 where usage_days.used < $3
    returning used
)sql";

constexpr db::Sql used_units_sql = "select used from usage_days where user_id = $1 and day = $2";

constexpr db::Sql settle_sql = R"sql(
    update usage_days set used = used - $3, prompt_tokens = prompt_tokens + $4, completion_tokens = completion_tokens + $5,
        thought_tokens = thought_tokens + $6
    where user_id = $1 and day = $2
)sql";

} // namespace

asio::awaitable<std::optional<std::int64_t>> take_unit(db::Transaction& transaction, UserId user, std::int64_t day, std::int64_t limit)
{
    if (limit <= 0) co_return std::nullopt; // The first unit of a day is an insert, which asks for no limit.
    auto const rows = co_await transaction.run(take_unit_sql, user, day, limit);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().integer(0);
}

asio::awaitable<std::int64_t> used_units(db::Transaction& transaction, UserId user, std::int64_t day)
{
    auto const rows = co_await transaction.run(used_units_sql, user, day);
    co_return rows.empty() ? 0 : rows.front().integer(0);
}

asio::awaitable<void> settle(db::Transaction& transaction, Settlement settlement)
{
    co_await transaction.run_later(settle_sql, settlement.user, settlement.day, settlement.units_back, settlement.prompt_tokens,
                                   settlement.completion_tokens, settlement.thought_tokens);
}

} // namespace pollux::billing
