#include "billing/payments/operation_store.hpp"

#include "db/columns.hpp"

namespace pollux::billing {
namespace {

#define POLLUX_OPERATION_COLUMNS "operation, parameters, subject, case when created_at > now_us() - $5 then 0 else 1 end"
namespace column {
enum : std::size_t { operation, parameters, subject, is_spent, count };
}
static_assert(db::columns_in(POLLUX_OPERATION_COLUMNS) == column::count);

constexpr db::Sql under_way_sql = "select " POLLUX_OPERATION_COLUMNS " from payment_operations "
                                  "where user_id = $1 and kind = $2 and mode = $3 and account = $4";

constexpr db::Sql begin_sql = R"sql(
    insert into payment_operations (user_id, kind, mode, account, operation, parameters, subject, created_at)
    select id, $2, $3, $4, $5, $6, $7, now_us() from users where id = $1
    on conflict (user_id, kind, mode, account) do nothing
)sql";

constexpr db::Sql end_sql = "delete from payment_operations where user_id = $1 and kind = $2 and operation = $3";

constexpr db::Sql end_all_sql = "delete from payment_operations where user_id = $1 and kind = $2 and mode = $3 and account = $4";

constexpr auto kept_us = std::chrono::microseconds(operation_kept).count();

std::string_view word_of(OperationKind kind)
{
    return kind == OperationKind::customer ? "customer" : "checkout";
}

std::optional<Operation> operation_in(db::Rows const& rows)
{
    if (rows.empty()) return std::nullopt;
    auto const row = rows.front();
    return Operation{row.text(column::operation), row.text(column::parameters), row.text(column::subject), row.boolean(column::is_spent)};
}

} // namespace

asio::awaitable<std::optional<Operation>> OperationStore::under_way(UserId user, OperationKind kind, PaymentScope scope)
{
    auto const rows = co_await database_.read(under_way_sql, user, word_of(kind), scope.mode, scope.account, kept_us);
    co_return operation_in(rows);
}

asio::awaitable<std::optional<Operation>> OperationStore::begin(db::Transaction& transaction, UserId user, OperationKind kind,
                                                                PaymentScope scope, Operation operation)
{
    co_await transaction.run(begin_sql, user, word_of(kind), scope.mode, scope.account, operation.id, operation.parameters,
                             operation.subject);
    auto const rows = co_await transaction.run(under_way_sql, user, word_of(kind), scope.mode, scope.account, kept_us);
    co_return operation_in(rows);
}

asio::awaitable<bool> OperationStore::end(db::Transaction& transaction, UserId user, OperationKind kind, std::string id)
{
    auto const ended = co_await transaction.run(end_sql, user, word_of(kind), std::move(id));
    co_return ended.changed() == 1;
}

asio::awaitable<void> OperationStore::end_all(db::Transaction& transaction, UserId user, OperationKind kind, PaymentScope scope)
{
    co_await transaction.run(end_all_sql, user, word_of(kind), std::move(scope.mode), std::move(scope.account));
}

} // namespace pollux::billing
