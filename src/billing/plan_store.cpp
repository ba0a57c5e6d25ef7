#include "billing/plan_store.hpp"

#include "db/columns.hpp"

namespace pollux::billing {
namespace {

constexpr std::int64_t basic_requests_per_minute = 120;
constexpr std::int64_t pro_requests_per_minute = 600;
constexpr std::int64_t basic_rooms_max = 1'000;
constexpr std::int64_t pro_rooms_max = 10'000;
constexpr std::int64_t message_characters_max = 32'000;
constexpr std::int64_t replies_at_once = 2;

#define POLLUX_PLAN_COLUMNS                                                                                                                \
    "p.name, p.title, p.rank, p.description, p.is_public, p.is_archived, p.messages_per_day, p.requests_per_minute, p.models, "            \
    "p.context_tokens, p.message_characters_max, p.replies_at_once, p.rooms_max"
namespace column {
enum : std::size_t {
    name,
    title,
    rank,
    description,
    is_public,
    is_archived,
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
static_assert(db::columns_in(POLLUX_PLAN_COLUMNS) == column::count);

// In the order of POLLUX_PLAN_COLUMNS, as plan_params() gives them.
#define POLLUX_NEW_PLAN                                                                                                                    \
    "insert into plans (name, title, rank, description, is_public, is_archived, messages_per_day, requests_per_minute, models, "           \
    "context_tokens, message_characters_max, replies_at_once, rooms_max) "                                                                 \
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "

// A row without a title was seeded by an older binary.
constexpr db::Sql seed_sql = POLLUX_NEW_PLAN R"sql(
    on conflict (name) do update set title = excluded.title, rank = excluded.rank, description = excluded.description
        where plans.title = ''
)sql";
constexpr db::Sql add_sql = POLLUX_NEW_PLAN "on conflict (name) do nothing";

constexpr db::Sql of_user_sql = "select " POLLUX_PLAN_COLUMNS " from users u join plans p on p.name = u.tier where u.id = $1";
constexpr db::Sql all_sql = "select " POLLUX_PLAN_COLUMNS " from plans p order by p.rank, p.name";
constexpr db::Sql lock_sql{"select " POLLUX_PLAN_COLUMNS " from plans p where p.name = $1",
                           "select " POLLUX_PLAN_COLUMNS " from plans p where p.name = $1 for update"};

constexpr db::Sql change_sql = R"sql(
    update plans set title = $2, rank = $3, description = $4, is_public = $5, is_archived = $6, messages_per_day = $7,
        requests_per_minute = $8, models = $9, context_tokens = $10, message_characters_max = $11, replies_at_once = $12, rooms_max = $13
    where name = $1
)sql";

Plan read_plan(db::Row row)
{
    return {row.text(column::name),
            row.text(column::title),
            row.integer(column::rank),
            parse_lines(row.text(column::description)),
            row.boolean(column::is_public),
            row.boolean(column::is_archived),
            row.integer(column::messages_per_day),
            row.integer(column::requests_per_minute),
            PlanModels::parse(row.text(column::models)),
            row.integer(column::context_tokens),
            row.integer(column::message_characters_max),
            row.integer(column::replies_at_once),
            row.integer(column::rooms_max)};
}

std::optional<Plan> first_plan(db::Rows const& rows)
{
    if (rows.empty()) return std::nullopt;
    return read_plan(rows.front());
}

db::Params plan_params(Plan plan)
{
    auto description = lines_text(plan.description);
    auto models = plan.models.text();
    return db::params(std::move(plan.name), std::move(plan.title), plan.rank, std::move(description), plan.is_public, plan.is_archived,
                      plan.messages_per_day, plan.requests_per_minute, std::move(models), plan.context_tokens, plan.message_characters_max,
                      plan.replies_at_once, plan.rooms_max);
}

Plan seeded(std::string name, std::string title, std::int64_t rank, std::string line, PlanSeeds const& seeds)
{
    Plan plan{.name = std::move(name), .title = std::move(title), .rank = rank, .description = {std::move(line)}};
    plan.models = PlanModels::parse("*");
    plan.context_tokens = seeds.context_tokens;
    plan.message_characters_max = message_characters_max;
    plan.replies_at_once = replies_at_once;
    return plan;
}

} // namespace

asio::awaitable<void> PlanStore::seed(PlanSeeds seeds)
{
    auto basic = seeded(basic_plan, "Basic", 0, "For trying things out.", seeds);
    basic.messages_per_day = seeds.basic_messages_per_day;
    basic.requests_per_minute = basic_requests_per_minute;
    basic.rooms_max = basic_rooms_max;
    auto pro = seeded("pro", "Pro", 1, "For every day: many more messages.", seeds);
    pro.messages_per_day = seeds.pro_messages_per_day;
    pro.requests_per_minute = pro_requests_per_minute;
    pro.rooms_max = pro_rooms_max;
    co_await database_.write_rows(seed_sql, plan_params(std::move(basic)));
    co_await database_.write_rows(seed_sql, plan_params(std::move(pro)));
}

asio::awaitable<std::optional<Plan>> PlanStore::of_user(UserId user)
{
    auto const rows = co_await database_.read(of_user_sql, user);
    co_return first_plan(rows);
}

asio::awaitable<std::vector<Plan>> PlanStore::all()
{
    auto const rows = co_await database_.read(all_sql);
    std::vector<Plan> plans;
    for (std::size_t index = 0; index < rows.size(); ++index) plans.push_back(read_plan(rows[index]));
    co_return plans;
}

asio::awaitable<std::optional<Plan>> PlanStore::lock(db::Transaction& transaction, std::string name)
{
    auto const rows = co_await transaction.run(lock_sql, std::move(name));
    co_return first_plan(rows);
}

asio::awaitable<void> PlanStore::change(db::Transaction& transaction, Plan plan)
{
    co_await transaction.execute(change_sql, plan_params(std::move(plan)));
}

asio::awaitable<bool> PlanStore::add(db::Transaction& transaction, Plan plan)
{
    auto const rows = co_await transaction.execute(add_sql, plan_params(std::move(plan)));
    co_return rows.changed() == 1;
}

} // namespace pollux::billing
