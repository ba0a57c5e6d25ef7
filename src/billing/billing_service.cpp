#include "billing/billing_service.hpp"

#include "billing/tokens_sql.hpp"
#include "db/columns.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql seed_sql = R"sql(
    insert into plans (name, messages_per_day, requests_per_minute, models, context_tokens, message_characters_max, replies_at_once,
        rooms_max)
    values ($1, $2, $3, '*', $4, 32000, 2, $5)
    on conflict (name) do nothing
)sql";

#define POLLUX_PLAN_COLUMNS                                                                                                                \
    "p.name, p.messages_per_day, p.requests_per_minute, p.models, p.context_tokens, p.message_characters_max, p.replies_at_once, "         \
    "p.rooms_max"
namespace plan_column {
enum : std::size_t {
    name,
    messages_per_day,
    requests_per_minute,
    models,
    context_tokens,
    message_characters_max,
    replies_at_once,
    rooms_max,
    count
};
}
static_assert(db::columns_in(POLLUX_PLAN_COLUMNS) == plan_column::count);

constexpr db::Sql plan_sql = "select " POLLUX_PLAN_COLUMNS " from users u join plans p on p.name = u.tier where u.id = $1";

#define POLLUX_USAGE_COLUMNS                                                                                                               \
    "day, used, " POLLUX_TOKENS("prompt_tokens") ", " POLLUX_TOKENS("completion_tokens") ", " POLLUX_TOKENS("thought_tokens")
namespace usage_column {
enum : std::size_t { day, used, prompt_tokens, completion_tokens, thought_tokens, count };
}
static_assert(db::columns_in(POLLUX_USAGE_COLUMNS) == usage_column::count);

constexpr db::Sql usage_sql = "select " POLLUX_USAGE_COLUMNS " from usage_days where user_id = $1 and day between $2 and $3 order by day";

constexpr db::Sql erase_days_sql = "delete from usage_days where user_id = $1";
constexpr db::Sql erase_months_sql = "delete from usage_months where user_id = $1";
constexpr db::Sql erase_models_sql = "delete from usage_models where user_id = $1";
constexpr db::Sql erase_model_months_sql = "delete from usage_model_months where user_id = $1";

constexpr std::int64_t basic_requests_per_minute = 120;
constexpr std::int64_t pro_requests_per_minute = 600;
constexpr std::int64_t basic_rooms_max = 1'000;
constexpr std::int64_t pro_rooms_max = 10'000;

std::string date_text(std::int64_t day)
{
    return rfc3339(start_of_day(day)).substr(0, 10);
}

UsageDay read_day(db::Row row)
{
    return {date_text(row.integer(usage_column::day)),
            row.integer(usage_column::used),
            {row.integer(usage_column::prompt_tokens), row.integer(usage_column::completion_tokens),
             row.integer(usage_column::thought_tokens)}};
}

// `rows` holds the days with use; the answer has every day from `first` to `last`.
std::vector<UsageDay> every_day(db::Rows const& rows, std::int64_t first, std::int64_t last)
{
    std::vector<UsageDay> days;
    std::size_t next = 0;
    for (auto day = first; day <= last; ++day) {
        bool const has_use = next < rows.size() && rows[next].integer(usage_column::day) == day;
        days.push_back(has_use ? read_day(rows[next++]) : UsageDay{date_text(day), 0, {}});
    }
    return days;
}

} // namespace

asio::awaitable<void> BillingService::seed_plans(PlanSeeds seeds)
{
    co_await database_.write(seed_sql, "basic", seeds.basic_messages_per_day, basic_requests_per_minute, seeds.context_tokens,
                             basic_rooms_max);
    co_await database_.write(seed_sql, "pro", seeds.pro_messages_per_day, pro_requests_per_minute, seeds.context_tokens, pro_rooms_max);
}

asio::awaitable<Result<Plan>> BillingService::plan_of(UserId user)
{
    auto const rows = co_await database_.read(plan_sql, user);
    if (rows.empty()) co_return not_found("user");
    auto const row = rows.front();
    co_return Plan{row.text(plan_column::name),
                   row.integer(plan_column::messages_per_day),
                   row.integer(plan_column::requests_per_minute),
                   PlanModels::parse(row.text(plan_column::models)),
                   row.integer(plan_column::context_tokens),
                   row.integer(plan_column::message_characters_max),
                   row.integer(plan_column::replies_at_once),
                   row.integer(plan_column::rooms_max)};
}

asio::awaitable<Result<UsageReport>> BillingService::usage(UserId user, std::optional<std::int64_t> days)
{
    auto plan = co_await plan_of(user);
    if (!plan) co_return plan.error();

    auto const today = day_of(clock_.now());
    auto const first = today - days.value_or(1) + 1;
    auto const rows = co_await database_.read(usage_sql, user, first, today);
    auto listed = every_day(rows, first, today);

    UsageReport report{.tier = plan->name, .limit = plan->messages_per_day, .resets_at = start_of_day(today + 1)};
    report.used = listed.back().used;
    report.remaining = std::max<std::int64_t>(0, report.limit - report.used);
    report.tokens = listed.back().tokens;
    if (days) report.days.value = std::move(listed);
    co_return report;
}

asio::awaitable<void> erase_user(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_days_sql, user);
    co_await transaction.run(erase_months_sql, user);
    co_await transaction.run(erase_models_sql, user);
    co_await transaction.run(erase_model_months_sql, user);
}

} // namespace pollux::billing
