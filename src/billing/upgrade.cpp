#include "billing/upgrade.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql higher_sql = R"sql(
    select 1 from plans p join plans higher on higher.rank > p.rank
    where p.name = $1 and higher.is_public = 1 and higher.is_archived = 0 limit 1
)sql";

} // namespace

asio::awaitable<bool> has_higher_plan(db::Transaction& transaction, std::string plan)
{
    auto const rows = co_await transaction.run(higher_sql, std::move(plan));
    co_return !rows.empty();
}

} // namespace pollux::billing
