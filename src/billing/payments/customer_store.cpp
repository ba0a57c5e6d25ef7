#include "billing/payments/customer_store.hpp"

#include "base/failpoint.hpp"
#include "billing/payments/operation_store.hpp"
#include "billing/tiers.hpp"
#include "db/columns.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql customer_sql = "select customer_id from payment_customers where user_id = $1 and mode = $2 and account = $3";

constexpr db::Sql all_of_user_sql = "select mode, account, customer_id from payment_customers where user_id = $1";
namespace all_column {
enum : std::size_t { mode, account, customer };
}

constexpr db::Sql user_scan_sql = "select user_id from payment_customers where customer_id = $1 and mode = $2 and account = $3";

constexpr db::Sql begin_fetch_scan_sql = R"sql(
    update payment_customers set fetches_begun = fetches_begun + 1 where customer_id = $1 and mode = $2 and account = $3
    returning user_id, fetches_begun
)sql";
namespace begun_column {
enum : std::size_t { user_id, number };
}

constexpr db::Sql take_turn_sql = R"sql(
    update payment_customers set fetch_written = $4
    where user_id = $1 and mode = $2 and account = $3 and fetch_written < $4 and customer_id = $5
)sql";

constexpr db::Sql unlink_sql = R"sql(
    delete from payment_customers where user_id = $1 and mode = $2 and account = $3 and fetch_written < $4 and customer_id = $5
)sql";

constexpr db::Sql drop_subscriptions_sql = "delete from subscriptions where user_id = $1 and mode = $2 and account = $3";

// A trial is for who never bought, by whichever customer.
constexpr db::Sql keep_purchases_sql = R"sql(
    insert into past_buyers (user_id, mode, account)
    select distinct user_id, mode, account from subscriptions
    where user_id = $1 and mode = $2 and account = $3 and status not in ('incomplete', 'incomplete_expired')
    on conflict (user_id, mode, account) do nothing
)sql";

constexpr db::Sql drop_checkout_sql = "delete from checkouts where user_id = $1 and mode = $2 and account = $3";

constexpr db::Sql put_subscription_sql = R"sql(
    insert into subscriptions (user_id, mode, account, subscription_id, status, price, plan, period_end, cancels_at, grace_until,
        unpaid_since, alert, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
)sql";

constexpr db::Sql link_sql = R"sql(
    insert into payment_customers (user_id, mode, account, customer_id, created_at)
    select id, $2, $3, $4, now_us() from users where id = $1
    on conflict (user_id, mode, account) do nothing
)sql";

asio::awaitable<void> put_subscriptions(db::Transaction& transaction, UserId user, PaymentScope scope, std::vector<SubscriptionRow> rows)
{
    co_await transaction.run(drop_subscriptions_sql, user, scope.mode, scope.account);
    for (auto const& row : rows) {
        co_await transaction.run(put_subscription_sql, user, scope.mode, scope.account, row.id, row.status, row.price, row.plan,
                                 row.period_end, row.cancels_at, row.grace_until, row.unpaid_since, row.alert, row.created);
    }
}

// The user's lock comes first, as in every transaction that may change a tier.
asio::awaitable<bool> write_in(db::Transaction& transaction, FetchNumber fetch, PaymentScope scope, FetchedState state)
{
    bool const is_there = co_await TierStore::lock(transaction, fetch.user);
    if (!is_there) co_return false;
    auto const turn = co_await transaction.run(take_turn_sql, fetch.user, scope.mode, scope.account, fetch.number, fetch.customer);
    if (turn.changed() != 1) co_return false;
    co_await put_subscriptions(transaction, fetch.user, scope, std::move(state.rows));
    bool const is_new = co_await replace_paid(transaction, fetch.user, std::move(scope), std::move(state.paid), "stripe");
    failpoint("payment_state_before_commit");
    co_return is_new;
}

asio::awaitable<bool> unlink_in(db::Transaction& transaction, FetchNumber fetch, PaymentScope scope)
{
    bool const is_there = co_await TierStore::lock(transaction, fetch.user);
    if (!is_there) co_return false;
    auto const gone = co_await transaction.run(unlink_sql, fetch.user, scope.mode, scope.account, fetch.number, fetch.customer);
    if (gone.changed() != 1) co_return false;
    co_await transaction.run(keep_purchases_sql, fetch.user, scope.mode, scope.account);
    co_await transaction.run(drop_subscriptions_sql, fetch.user, scope.mode, scope.account);
    co_await transaction.run(drop_checkout_sql, fetch.user, scope.mode, scope.account);
    co_await OperationStore::end_all(transaction, fetch.user, OperationKind::checkout, scope); // It was to be this customer's.
    co_return co_await replace_paid(transaction, fetch.user, std::move(scope), {}, "stripe");
}

} // namespace

asio::awaitable<std::optional<std::string>> CustomerStore::customer_of(UserId user, PaymentScope scope)
{
    auto const rows = co_await database_.read(customer_sql, user, scope.mode, scope.account);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().text();
}

asio::awaitable<std::optional<std::string>> CustomerStore::customer_in(db::Transaction& transaction, UserId user, PaymentScope scope)
{
    auto const rows = co_await transaction.run(customer_sql, user, scope.mode, scope.account);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().text();
}

asio::awaitable<std::vector<std::pair<PaymentScope, std::string>>> CustomerStore::all_of_user(db::Transaction& transaction, UserId user)
{
    auto const rows = co_await transaction.run(all_of_user_sql, user);
    std::vector<std::pair<PaymentScope, std::string>> all;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        all.emplace_back(PaymentScope{row.text(all_column::mode), row.text(all_column::account)}, row.text(all_column::customer));
    }
    co_return all;
}

asio::awaitable<std::optional<UserId>> CustomerStore::user_of(db::Transaction& transaction, std::string customer, PaymentScope scope)
{
    auto const rows = co_await transaction.run(user_scan_sql, customer, scope.mode, scope.account);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().id<UserId>();
}

asio::awaitable<std::optional<UserId>> CustomerStore::user_of(std::string customer, PaymentScope scope)
{
    auto const rows = co_await database_.read(user_scan_sql, std::move(customer), scope.mode, scope.account);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().id<UserId>();
}

asio::awaitable<std::optional<FetchNumber>> CustomerStore::begin_fetch(std::string customer, PaymentScope scope)
{
    auto const rows = co_await database_.write(begin_fetch_scan_sql, customer, scope.mode, scope.account);
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    co_return FetchNumber{row.id<UserId>(begun_column::user_id), std::move(customer), row.integer(begun_column::number)};
}

asio::awaitable<bool> CustomerStore::write(FetchNumber fetch, PaymentScope scope, FetchedState state)
{
    return database_.transact([fetch, scope = std::move(scope), state = std::move(state)](db::Transaction& transaction) {
        return write_in(transaction, fetch, scope, state);
    });
}

asio::awaitable<bool> CustomerStore::unlink(FetchNumber fetch, PaymentScope scope)
{
    return database_.transact(
        [fetch, scope = std::move(scope)](db::Transaction& transaction) { return unlink_in(transaction, fetch, scope); });
}

asio::awaitable<bool> CustomerStore::link(db::Transaction& transaction, UserId user, PaymentScope scope, std::string customer)
{
    auto const linked = co_await transaction.run(link_sql, user, scope.mode, scope.account, customer);
    co_return linked.changed() == 1;
}

} // namespace pollux::billing
