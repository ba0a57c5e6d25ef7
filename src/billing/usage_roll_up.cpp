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

// Of use by model. A user's rows of a day go together, also those behind the last one that was locked: nobody else takes a part of them,
// since all begin with the first.
constexpr db::Sql oldest_model_day_scan_sql = "select min(day) from usage_models where day < $1";

constexpr db::Sql lock_models_scan_sql{"select user_id from usage_models where day = $1 order by user_id, model limit $2",
                                       "select user_id from usage_models where day = $1 order by user_id, model limit $2 for update"};

constexpr db::Sql add_models_scan_sql{
    R"sql(
    insert into usage_model_months (user_id, month, model, replies, prompt_tokens, completion_tokens, thought_tokens)
    select user_id, $2, model, replies, prompt_tokens, completion_tokens, thought_tokens from usage_models
    where day = $1 and user_id in (select value from json_each($3))
    on conflict (user_id, month, model) do update set replies = usage_model_months.replies + excluded.replies,
        prompt_tokens = usage_model_months.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = usage_model_months.completion_tokens + excluded.completion_tokens,
        thought_tokens = usage_model_months.thought_tokens + excluded.thought_tokens
)sql",
    R"sql(
    insert into usage_model_months (user_id, month, model, replies, prompt_tokens, completion_tokens, thought_tokens)
    select user_id, $2, model, replies, prompt_tokens, completion_tokens, thought_tokens from usage_models
    where day = $1 and user_id in (select json_array_elements_text($3::json)::bigint)
    on conflict (user_id, month, model) do update set replies = usage_model_months.replies + excluded.replies,
        prompt_tokens = usage_model_months.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = usage_model_months.completion_tokens + excluded.completion_tokens,
        thought_tokens = usage_model_months.thought_tokens + excluded.thought_tokens
)sql"};

constexpr db::Sql delete_models_scan_sql{
    "delete from usage_models where day = $1 and user_id in (select value from json_each($2))",
    "delete from usage_models where day = $1 and user_id in (select json_array_elements_text($2::json)::bigint)"};

struct RollUp {
    db::Sql oldest_day;
    db::Sql lock;
    db::Sql add;
    db::Sql remove;
};
constexpr RollUp of_days{oldest_day_scan_sql, lock_scan_sql, add_scan_sql, delete_scan_sql};
constexpr RollUp of_models{oldest_model_day_scan_sql, lock_models_scan_sql, add_models_scan_sql, delete_models_scan_sql};

std::string users_json(db::Rows const& rows)
{
    std::string users = "[";
    for (std::size_t index = 0; index < rows.size(); ++index) {
        if (index > 0) users += ',';
        append_json_integer(users, rows[index].only().integer());
    }
    return users + ']';
}

asio::awaitable<std::int64_t> roll_up_in(db::Transaction& transaction, RollUp const& kind, std::int64_t today, std::int64_t count_max)
{
    auto const oldest = co_await transaction.run(kind.oldest_day, today - usage_days_kept.count());
    auto const day = oldest.front().only().optional_integer();
    if (!day) co_return 0;
    auto const rows = co_await transaction.run(kind.lock, *day, count_max);
    auto const users = users_json(rows);
    co_await transaction.run(kind.add, *day, month_of(*day), users);
    co_await transaction.run(kind.remove, *day, users);
    co_return static_cast<std::int64_t>(rows.size());
}

asio::awaitable<std::int64_t> roll_up(db::Database& database, RollUp const& kind, std::int64_t today, std::int64_t count_max)
{
    return database.transact(
        [&kind, today, count_max](db::Transaction& transaction) { return roll_up_in(transaction, kind, today, count_max); });
}

} // namespace

std::int64_t month_of(std::int64_t day)
{
    std::chrono::year_month_day const date{std::chrono::sys_days(std::chrono::days(day))};
    return (int(date.year()) - 1970) * 12 + (unsigned(date.month()) - 1);
}

asio::awaitable<std::int64_t> roll_up_some(db::Database& database, std::int64_t today, std::int64_t count_max)
{
    auto const days = co_await roll_up(database, of_days, today, count_max);
    auto const models = co_await roll_up(database, of_models, today, count_max);
    co_return days + models;
}

} // namespace pollux::billing
