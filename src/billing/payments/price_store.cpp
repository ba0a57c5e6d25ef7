#include "billing/payments/price_store.hpp"

namespace pollux::billing {
namespace {

namespace price_column {
enum : std::size_t { price, plan };
}
constexpr db::Sql plan_of_price_sql = "select price_id, plan from plan_prices where mode = $1 and account = $2";

constexpr db::Sql sold_sql = R"sql(
    select price_id from plan_prices where mode = $1 and account = $2 and plan = $3 and state = 'sold' order by added_at, price_id
)sql";

// One that was retired is sold again when the settings name it.
constexpr db::Sql add_sql = R"sql(
    insert into plan_prices (mode, account, price_id, plan, state, added_at) select $1, $2, $3, name, 'sold', now_us() from plans where name = $4
    on conflict (mode, price_id) do update set account = excluded.account, plan = excluded.plan, state = 'sold'
)sql";

} // namespace

asio::awaitable<std::map<std::string, std::string>> PriceStore::plan_of_price(PaymentScope scope)
{
    auto const rows = co_await database_.read(plan_of_price_sql, scope.mode, scope.account);
    std::map<std::string, std::string> plans;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        plans.emplace(rows[index].text(price_column::price), rows[index].text(price_column::plan));
    }
    co_return plans;
}

asio::awaitable<std::vector<std::string>> PriceStore::sold(std::string plan, PaymentScope scope)
{
    auto const rows = co_await database_.read(sold_sql, scope.mode, scope.account, std::move(plan));
    std::vector<std::string> prices;
    for (std::size_t index = 0; index < rows.size(); ++index) prices.push_back(rows[index].only().text());
    co_return prices;
}

asio::awaitable<bool> PriceStore::add(std::string plan, std::string price, PaymentScope scope)
{
    auto const added = co_await database_.write(add_sql, scope.mode, scope.account, std::move(price), std::move(plan));
    co_return added.changed() == 1;
}

} // namespace pollux::billing
