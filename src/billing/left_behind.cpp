#include "billing/left_behind.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

constexpr db::Sql leave_use_sql = R"sql(
    insert into gone_numbers (number_key, day, used)
    select $2, day, used from usage_days where user_id = $1 and day = now_us() / 86400000000 and used > 0
    on conflict (number_key) do update set day = excluded.day,
        used = case when gone_numbers.day = excluded.day and gone_numbers.used > excluded.used then gone_numbers.used else excluded.used end
)sql";

constexpr db::Sql take_up_use_sql = R"sql(
    insert into usage_days (user_id, day, used) select $1, day, used from gone_numbers where number_key = $2 and day = now_us() / 86400000000
    on conflict (user_id, day) do update set used = case when usage_days.used > excluded.used then usage_days.used else excluded.used end
)sql";

constexpr db::Sql forget_use_sql =
    "delete from gone_numbers where number_key in (select number_key from gone_numbers where day < now_us() / 86400000000 limit 1000)";

// What was never paid for, not even by a trial, was not bought.
constexpr db::Sql leave_purchases_sql = R"sql(
    insert into gone_buyers (number_key, mode, account, gone_at)
    select $2, b.mode, b.account, now_us()
    from (
        select s.mode, s.account from subscriptions s where s.user_id = $1 and s.status not in ('incomplete', 'incomplete_expired')
        union
        select p.mode, p.account from past_buyers p where p.user_id = $1
    ) b
    where 1 = 1
    on conflict (number_key, mode, account) do update set gone_at = excluded.gone_at
)sql";

constexpr db::Sql take_up_purchases_sql = R"sql(
    insert into past_buyers (user_id, mode, account) select $1, mode, account from gone_buyers where number_key = $2
    on conflict (user_id, mode, account) do nothing
)sql";

constexpr db::Sql bought_before_sql = "select count(*) from past_buyers where user_id = $1 and mode = $2 and account = $3";

constexpr db::Sql forget_purchases_scan_sql = R"sql(
    delete from gone_buyers where (number_key, mode, account) in (
        select number_key, mode, account from gone_buyers where gone_at < now_us() - $1 limit 1000)
)sql";

} // namespace

asio::awaitable<void> leave_behind(db::Transaction& transaction, UserId user, std::string number_key)
{
    co_await transaction.run(leave_use_sql, user, number_key);
    co_await transaction.run(leave_purchases_sql, user, std::move(number_key));
}

asio::awaitable<void> take_up_left(db::Transaction& transaction, UserId user, std::string number_key)
{
    co_await transaction.run(take_up_use_sql, user, number_key);
    co_await transaction.run(take_up_purchases_sql, user, std::move(number_key));
}

asio::awaitable<bool> bought_before(db::Database& database, UserId user, PaymentScope scope)
{
    auto const rows = co_await database.read(bought_before_sql, user, std::move(scope.mode), std::move(scope.account));
    co_return rows.front().only().integer() > 0;
}

asio::awaitable<std::int64_t> forget_left(db::Database& database)
{
    auto const use = co_await database.write(forget_use_sql);
    auto const purchases = co_await database.write(forget_purchases_scan_sql, std::chrono::microseconds(purchases_kept).count());
    co_return std::max<std::int64_t>(use.changed(), purchases.changed());
}

} // namespace pollux::billing
