#include "billing/upgrade.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql higher_sql = "select 1 from plans p where p.name = $1 and " POLLUX_HAS_HIGHER_PLAN;

} // namespace

asio::awaitable<bool> has_higher_plan(db::Transaction& transaction, std::string plan)
{
    auto const rows = co_await transaction.run(higher_sql, std::move(plan));
    co_return !rows.empty();
}

} // namespace pollux::billing
