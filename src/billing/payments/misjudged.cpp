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
    where s.mode = $1 and s.account = $2 and p.plan <> s.plan and s.status not in ('canceled', 'incomplete_expired')
    limit $3
)sql";
namespace column {
enum : std::size_t { user_id, customer };
}

asio::awaitable<std::int64_t> fetch_in(db::Transaction& transaction, PaymentScope scope)
{
    auto const rows = co_await transaction.run(misjudged_scan_sql, scope.mode, scope.account, misjudged_max);
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        co_await tasks::enqueue(transaction, {.kind = sync_customer_task,
                                              .user = row.id<UserId>(column::user_id),
                                              .subject = row.text(column::customer),
                                              .payload = text_of(scope)});
    }
    co_return static_cast<std::int64_t>(rows.size());
}

} // namespace

asio::awaitable<std::int64_t> fetch_misjudged(db::Database& database, PaymentScope scope)
{
    return database.transact([scope = std::move(scope)](db::Transaction& transaction) { return fetch_in(transaction, scope); });
}

} // namespace pollux::billing
