#include "billing/tier_store.hpp"

#include "db/columns.hpp"

#include <stdexcept>

namespace pollux::billing {
namespace {

// 'gone': the row of a deleted account, whose tier nobody may give back.
constexpr db::Sql lock_sql{"select id from users where id = $1 and tier <> 'gone'",
                           "select id from users where id = $1 and tier <> 'gone' for update"};

#define POLLUX_FACT_COLUMNS "u.tier, u.tier_until, p.name, p.rank, f.source, f.until, now_us()"
namespace column {
enum : std::size_t { tier, tier_until, plan, rank, source, until, now, count };
}
static_assert(db::columns_in(POLLUX_FACT_COLUMNS) == column::count);

// A row a claim; one at least, since everybody has basic. Payments of another mode or account than the one in force do not count.
constexpr db::Sql facts_sql = "select " POLLUX_FACT_COLUMNS R"sql(
    from users u
    join (
        select 'none' as source, 'basic' as plan, cast(null as bigint) as until
        union all
        select 'admin', g.plan, g.until from grants g where g.user_id = $1
        union all
        select case e.mode when 'demo' then 'demo' else 'stripe' end, e.plan, e.until
        from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account where e.user_id = $1
    ) f on 1 = 1
    join plans p on p.name = f.plan
    where u.id = $1 and u.tier <> 'gone'
)sql";

constexpr db::Sql put_sql = "update users set tier = $2, tier_until = $3 where id = $1 and tier <> 'gone'";

constexpr db::Sql put_grant_sql = R"sql(
    insert into grants (user_id, plan, until, granted_by, reason, created_at) values ($1, $2, $3, $4, $5, now_us())
    on conflict (user_id, plan) do update set until = excluded.until, granted_by = excluded.granted_by, reason = excluded.reason,
        created_at = excluded.created_at
)sql";
constexpr db::Sql drop_grant_sql = "delete from grants where user_id = $1 and plan = $2";

constexpr db::Sql put_paid_sql = R"sql(
    insert into entitlements (user_id, mode, account, reference, plan, until, status) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (user_id, mode, reference) do update set account = excluded.account, plan = excluded.plan, until = excluded.until,
        status = excluded.status
)sql";
constexpr db::Sql drop_paid_sql = "delete from entitlements where user_id = $1 and mode = $2 and account = $3";

// Pages of a demo, opened over a database that takes money, give and take nobody's plan.
constexpr db::Sql put_in_force_sql = R"sql(
    insert into payments_in_force (only_one, mode, account) values (1, $1, $2)
    on conflict (only_one) do update set mode = excluded.mode, account = excluded.account
        where (payments_in_force.mode <> excluded.mode or payments_in_force.account <> excluded.account)
            and not (payments_in_force.mode = 'live' and excluded.mode = 'demo')
)sql";

constexpr db::Sql take_out_of_force_sql = "delete from payments_in_force where mode = $1";

// The first ones of each are enough for the first ones of all.
constexpr db::Sql users_after_scan_sql = R"sql(
    select id from (
        select id from users where id > $1 and (tier <> 'basic' or tier_until is not null) order by id limit $2) a
    union
    select user_id from (select distinct user_id from grants where user_id > $1 order by user_id limit $2) b
    union
    select user_id from (select distinct user_id from entitlements where user_id > $1 order by user_id limit $2) c
    order by 1 limit $2
)sql";

constexpr std::chrono::microseconds ended_kept = std::chrono::days(30);
constexpr db::Sql forget_ended_scan_sql = R"sql(
    delete from grants where (user_id, plan) in (select user_id, plan from grants where until < now_us() - $1 limit 1000)
)sql";

constexpr db::Sql erase_grants_sql = "delete from grants where user_id = $1";
constexpr db::Sql erase_paid_sql = "delete from entitlements where user_id = $1";

TierSource source_of(std::string const& text)
{
    for (auto const source : {TierSource::none, TierSource::stripe, TierSource::demo, TierSource::admin}) {
        if (text == to_text(source)) return source;
    }
    throw std::logic_error("an unknown source of a tier");
}

std::optional<TierFacts> read_facts(db::Rows const& rows)
{
    if (rows.empty()) return std::nullopt;
    auto const first = rows.front();
    TierFacts facts{
        .plan = first.text(column::tier), .until = first.optional_time(column::tier_until), .claims = {}, .now = first.time(column::now)};
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        facts.claims.push_back(
            {row.text(column::plan), row.integer(column::rank), row.optional_time(column::until), source_of(row.text(column::source))});
    }
    return facts;
}

} // namespace

asio::awaitable<bool> TierStore::lock(db::Transaction& transaction, UserId user)
{
    auto const rows = co_await transaction.run(lock_sql, user);
    co_return !rows.empty();
}

asio::awaitable<std::optional<TierFacts>> TierStore::facts(db::Transaction& transaction, UserId user)
{
    auto const rows = co_await transaction.run(facts_sql, user);
    co_return read_facts(rows);
}

asio::awaitable<std::optional<TierFacts>> TierStore::facts(UserId user)
{
    auto const rows = co_await database_.read(facts_sql, user);
    co_return read_facts(rows);
}

asio::awaitable<void> TierStore::put(db::Transaction& transaction, UserId user, Tier tier)
{
    co_await transaction.run(put_sql, user, std::move(tier.plan), tier.until);
}

asio::awaitable<void> TierStore::put_grant(db::Transaction& transaction, Grant grant)
{
    co_await transaction.run(put_grant_sql, grant.user, std::move(grant.plan), grant.until, std::move(grant.granted_by),
                             std::move(grant.reason));
}

asio::awaitable<bool> TierStore::drop_grant(db::Transaction& transaction, UserId user, std::string plan)
{
    auto const rows = co_await transaction.run(drop_grant_sql, user, std::move(plan));
    co_return rows.changed() == 1;
}

asio::awaitable<void> TierStore::drop_paid(db::Transaction& transaction, UserId user, PaymentScope scope)
{
    co_await transaction.run(drop_paid_sql, user, std::move(scope.mode), std::move(scope.account));
}

asio::awaitable<void> TierStore::put_paid(db::Transaction& transaction, UserId user, PaymentScope scope, PaidPlan paid)
{
    co_await transaction.run(put_paid_sql, user, std::move(scope.mode), std::move(scope.account), std::move(paid.reference),
                             std::move(paid.plan), paid.until, std::move(paid.status));
}

asio::awaitable<bool> TierStore::put_in_force(db::Transaction& transaction, PaymentScope scope)
{
    auto const rows = co_await transaction.run(put_in_force_sql, std::move(scope.mode), std::move(scope.account));
    co_return rows.changed() == 1;
}

asio::awaitable<bool> TierStore::take_out_of_force(db::Transaction& transaction, std::string mode)
{
    auto const gone = co_await transaction.run(take_out_of_force_sql, std::move(mode));
    co_return gone.changed() == 1;
}

asio::awaitable<std::vector<UserId>> TierStore::users_after(UserId after, std::int64_t count_max)
{
    auto const rows = co_await database_.read(users_after_scan_sql, after, count_max);
    std::vector<UserId> users;
    for (std::size_t index = 0; index < rows.size(); ++index) users.push_back(rows[index].only().id<UserId>());
    co_return users;
}

asio::awaitable<std::int64_t> TierStore::forget_ended(db::Database& database)
{
    auto const rows = co_await database.write(forget_ended_scan_sql, ended_kept.count());
    co_return rows.changed();
}

asio::awaitable<void> TierStore::erase(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_grants_sql, user);
    co_await transaction.run(erase_paid_sql, user);
}

} // namespace pollux::billing
