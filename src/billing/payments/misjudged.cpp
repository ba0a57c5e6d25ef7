#include "billing/payments/misjudged.hpp"

#include "billing/payments/account.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql misjudged_scan_sql = R"sql(
    select distinct c.user_id, c.customer_id
    from subscriptions s
        join plan_prices p on p.mode = s.mode and p.account = s.account and p.price_id = s.price
        join payment_customers c on c.user_id = s.user_id and c.mode = s.mode and c.account = s.account
    where s.mode = $1 and s.account = $2 and ($3 = '' or s.price = $3) and p.plan <> s.plan
        and s.status not in ('canceled', 'incomplete_expired') and s.user_id > $4
    order by c.user_id limit $5
)sql";
namespace column {
enum : std::size_t { user_id, customer };
}

struct Fetched {
    std::int64_t count = 0;
    UserId last;
};

asio::awaitable<Fetched> fetch_behind(db::Transaction& transaction, PaymentScope scope, std::string price, UserId last)
{
    auto const rows = co_await transaction.run(misjudged_scan_sql, scope.mode, scope.account, price, last, misjudged_at_once);
    Fetched fetched{static_cast<std::int64_t>(rows.size()), last};
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        fetched.last = row.id<UserId>(column::user_id);
        co_await tasks::enqueue(
            transaction,
            {.kind = sync_customer_task, .user = fetched.last, .subject = row.text(column::customer), .payload = text_of(scope)});
    }
    co_return fetched;
}

} // namespace

asio::awaitable<std::int64_t> fetch_misjudged(db::Database& database, PaymentScope scope, std::string price)
{
    std::int64_t count = 0;
    Fetched fetched{misjudged_at_once, UserId{0}};
    while (fetched.count == misjudged_at_once) {
        fetched = co_await database.transact(
            [scope, price, last = fetched.last](db::Transaction& transaction) { return fetch_behind(transaction, scope, price, last); });
        count += fetched.count;
    }
    co_return count;
}

} // namespace pollux::billing
