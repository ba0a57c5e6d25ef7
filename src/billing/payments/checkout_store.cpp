#include "billing/payments/checkout_store.hpp"

#include "base/failpoint.hpp"
#include "billing/payments/account.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "billing/stripe/api.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::billing {
namespace {

namespace column {
enum : std::size_t { session, price };
}
constexpr db::Sql row_sql = "select session_id, price from checkouts where user_id = $1 and mode = $2 and account = $3";

// A session lives for a day, and ends when something is bought. The one is told by our clock and the other by the provider's, which may be
// apart: what was bought is taken for bought by it also where its time is a little earlier, and the day for a little longer.
constexpr db::Sql may_be_open_sql = R"sql(
    select 1 from checkouts c where c.user_id = $1 and c.mode = $2 and c.account = $3 and c.created_at > now_us() - $4
        and not exists (select 1 from subscriptions s where s.user_id = c.user_id and s.mode = c.mode and s.account = c.account
            and s.created_at >= c.created_at - $5)
)sql";
constexpr std::chrono::hours session_lives{24};

constexpr db::Sql put_sql = R"sql(
    insert into checkouts (user_id, mode, account, session_id, price, created_at) select id, $2, $3, $4, $5, now_us() from users where id = $1
    on conflict (user_id, mode, account) do update set session_id = excluded.session_id, price = excluded.price,
        created_at = excluded.created_at
)sql";

constexpr db::Sql drop_sql = "delete from checkouts where user_id = $1 and session_id = $2";

std::optional<CheckoutRow> row_in(db::Rows const& rows)
{
    if (rows.empty()) return std::nullopt;
    return CheckoutRow{rows.front().text(column::session), rows.front().text(column::price)};
}

asio::awaitable<std::optional<Operation>> begin_in(db::Transaction& transaction, UserId user, PaymentScope scope, std::string seen,
                                                   Operation operation)
{
    bool const is_there = co_await TierStore::lock(transaction, user);
    if (!is_there) co_return std::nullopt;
    auto const now = row_in(co_await transaction.run(row_sql, user, scope.mode, scope.account));
    if ((now ? now->session : std::string()) != seen) co_return std::nullopt;
    co_return co_await OperationStore::begin(transaction, user, OperationKind::checkout, std::move(scope), std::move(operation));
}

asio::awaitable<bool> put_in(db::Transaction& transaction, UserId user, PaymentScope scope, Operation operation, std::string session)
{
    bool const is_there = co_await TierStore::lock(transaction, user);
    if (!is_there) co_return false;
    bool const is_first = co_await OperationStore::end(transaction, user, OperationKind::checkout, operation.id);
    if (is_first) co_await transaction.run(put_sql, user, scope.mode, scope.account, session, operation.subject);
    failpoint("payment_session_before_commit");
    co_return true;
}

asio::awaitable<int> give_up_in(db::Transaction& transaction, UserId user, std::string id)
{
    co_await OperationStore::end(transaction, user, OperationKind::checkout, std::move(id));
    co_return 0;
}

asio::awaitable<int> end_customer_in(db::Transaction& transaction, std::string customer, PaymentScope scope)
{
    co_await tasks::enqueue(transaction, {.kind = end_customer_task, .subject = std::move(customer), .payload = text_of(scope)});
    co_return 0;
}

} // namespace

asio::awaitable<std::optional<CheckoutRow>> CheckoutStore::of_user(UserId user, PaymentScope scope)
{
    co_return row_in(co_await database_.read(row_sql, user, scope.mode, scope.account));
}

asio::awaitable<bool> CheckoutStore::may_be_open(UserId user, PaymentScope scope)
{
    auto const lives_us = std::chrono::microseconds(session_lives + clock_margin).count();
    auto const margin_us = std::chrono::microseconds(clock_margin).count();
    auto const rows = co_await database_.read(may_be_open_sql, user, scope.mode, scope.account, lives_us, margin_us);
    co_return !rows.empty();
}

asio::awaitable<std::optional<Operation>> CheckoutStore::under_way(UserId user, PaymentScope scope)
{
    return operations_.under_way(user, OperationKind::checkout, std::move(scope));
}

asio::awaitable<std::optional<Operation>> CheckoutStore::begin(UserId user, PaymentScope scope, std::string seen, Operation operation)
{
    return database_.transact([=](db::Transaction& transaction) { return begin_in(transaction, user, scope, seen, operation); });
}

asio::awaitable<bool> CheckoutStore::put(UserId user, PaymentScope scope, Operation operation, std::string session)
{
    co_return co_await database_.transact(
        [=](db::Transaction& transaction) { return put_in(transaction, user, scope, operation, session); });
}

asio::awaitable<void> CheckoutStore::give_up(UserId user, Operation operation)
{
    co_await database_.transact([=](db::Transaction& transaction) { return give_up_in(transaction, user, operation.id); });
}

asio::awaitable<void> CheckoutStore::end_customer(std::string customer, PaymentScope scope)
{
    if (scope.mode == stripe::word_of(stripe::Mode::demo)) co_return; // It goes with the user.
    co_await database_.transact([=](db::Transaction& transaction) { return end_customer_in(transaction, customer, scope); });
}

asio::awaitable<void> CheckoutStore::drop(UserId user, std::string session)
{
    co_await database_.write(drop_sql, user, std::move(session));
}

} // namespace pollux::billing
