#include "billing/usage_roll_up.hpp"

#include "base/json.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql oldest_day_scan_sql = "select min(day) from usage_days where day < $1";

constexpr db::Sql lock_scan_sql{"select user_id from usage_days where day = $1 order by user_id limit $2",
                                "select user_id from usage_days where day = $1 order by user_id limit $2 for update"};

constexpr db::Sql add_scan_sql{
    R"sql(
    insert into usage_months (user_id, month, used, prompt_tokens, completion_tokens, thought_tokens)
    select user_id, $2, used, prompt_tokens, completion_tokens, thought_tokens from usage_days
    where day = $1 and user_id in (select value from json_each($3))
    on conflict (user_id, month) do update set used = usage_months.used + excluded.used,
        prompt_tokens = usage_months.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = usage_months.completion_tokens + excluded.completion_tokens,
        thought_tokens = usage_months.thought_tokens + excluded.thought_tokens
)sql",
    R"sql(
    insert into usage_months (user_id, month, used, prompt_tokens, completion_tokens, thought_tokens)
    select user_id, $2, used, prompt_tokens, completion_tokens, thought_tokens from usage_days
    where day = $1 and user_id in (select json_array_elements_text($3::json)::bigint)
    on conflict (user_id, month) do update set used = usage_months.used + excluded.used,
        prompt_tokens = usage_months.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = usage_months.completion_tokens + excluded.completion_tokens,
        thought_tokens = usage_months.thought_tokens + excluded.thought_tokens
)sql"};

constexpr db::Sql delete_scan_sql{
    "delete from usage_days where day = $1 and user_id in (select value from json_each($2))",
    "delete from usage_days where day = $1 and user_id in (select json_array_elements_text($2::json)::bigint)"};

asio::awaitable<std::int64_t> roll_up_in(db::Transaction& transaction, std::int64_t today, std::int64_t count_max)
{
    auto const oldest = co_await transaction.run(oldest_day_scan_sql, today - usage_days_kept.count());
    auto const day = oldest.front().only().optional_integer();
    if (!day) co_return 0;
    auto const rows = co_await transaction.run(lock_scan_sql, *day, count_max);
    std::string users = "[";
    for (std::size_t index = 0; index < rows.size(); ++index) {
        if (index > 0) users += ',';
        append_json_integer(users, rows[index].only().integer());
    }
    users += ']';
    co_await transaction.run(add_scan_sql, *day, month_of(*day), users);
    co_await transaction.run(delete_scan_sql, *day, users);
    co_return static_cast<std::int64_t>(rows.size());
}

} // namespace

std::int64_t month_of(std::int64_t day)
{
    std::chrono::year_month_day const date{std::chrono::sys_days(std::chrono::days(day))};
    return (int(date.year()) - 1970) * 12 + (unsigned(date.month()) - 1);
}

asio::awaitable<std::int64_t> roll_up_some(db::Database& database, std::int64_t today, std::int64_t count_max)
{
    return database.transact([today, count_max](db::Transaction& transaction) { return roll_up_in(transaction, today, count_max); });
}

} // namespace pollux::billing
