#include "billing/billing_service.hpp"

#include "base/text.hpp"
#include "billing/tier_store.hpp"
#include "billing/tokens_sql.hpp"
#include "billing/upgrade.hpp"
#include "db/columns.hpp"

namespace pollux::billing {
namespace {

// A user's plan and the database's time.
#define POLLUX_STANDING_COLUMNS "p.name, p.messages_per_day, now_us(), case when " POLLUX_HAS_HIGHER_PLAN " then 1 else 0 end"
namespace standing_column {
enum : std::size_t { tier, messages_per_day, now, has_way_up, count };
}
static_assert(db::columns_in(POLLUX_STANDING_COLUMNS) == standing_column::count);

constexpr db::Sql standing_sql = "select " POLLUX_STANDING_COLUMNS " from users u join plans p on p.name = u.tier where u.id = $1";

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

constexpr std::string_view plans_channel = "plans"; // A user's id, or nothing: everybody's.

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

asio::awaitable<Result<Plan>> BillingService::plan_of(UserId user)
{
    auto plan = co_await plans_.of_user(user);
    if (!plan) co_return not_found("user");
    co_return std::move(*plan);
}

asio::awaitable<PlanList> BillingService::plans()
{
    auto plans = co_await plans_.all();
    std::map<std::string, std::vector<PlanPrice>> prices;
    if (prices_ != nullptr) prices = co_await prices_->sold();
    co_return public_plans(std::move(plans), std::move(prices));
}

asio::awaitable<Result<UsageReport>> BillingService::usage(UserId user, std::optional<std::int64_t> days)
{
    auto const standings = co_await database_.read(standing_sql, user);
    if (standings.empty()) co_return not_found("user");
    auto const standing = standings.front();

    auto const today = day_of(standing.time(standing_column::now));
    auto const first = today - days.value_or(1) + 1;
    auto const rows = co_await database_.read(usage_sql, user, first, today);
    auto listed = every_day(rows, first, today);

    UsageReport report{.tier = standing.text(standing_column::tier),
                       .limit = standing.integer(standing_column::messages_per_day),
                       .resets_at = start_of_day(today + 1)};
    report.used = listed.back().used;
    report.remaining = std::max<std::int64_t>(0, report.limit - report.used);
    report.tokens = listed.back().tokens;
    if (days) report.days.value = std::move(listed);
    if (standing.integer(standing_column::has_way_up) == 1) report.upgrade.value.emplace();
    co_return report;
}

void BillingService::share_changes(bus::Signals& signals)
{
    signals_ = &signals;
    subscription_ = signals.subscribe(std::string(plans_channel), [this](std::optional<std::string_view> payload) {
        auto const user = payload ? parse_integer(*payload) : std::nullopt;
        if (user) {
            rates_.forget(UserId{*user});
        } else {
            rates_.forget_all();
        }
    });
}

void BillingService::plan_changed(UserId user)
{
    rates_.forget(user);
    if (signals_ != nullptr) signals_->publish(plans_channel, std::to_string(user.value));
}

void BillingService::plans_changed()
{
    rates_.forget_all();
    if (signals_ != nullptr) signals_->publish(plans_channel, "");
}

asio::awaitable<void> erase_user(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_days_sql, user);
    co_await transaction.run(erase_months_sql, user);
    co_await transaction.run(erase_models_sql, user);
    co_await transaction.run(erase_model_months_sql, user);
    co_await TierStore::erase(transaction, user);
}

} // namespace pollux::billing
