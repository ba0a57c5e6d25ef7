#include "billing/payments/price_store.hpp"

#include "billing/stripe/currency.hpp"
#include "db/columns.hpp"

namespace pollux::billing {
namespace {

constexpr std::int64_t settings_end = 1'000; // Positions below are the settings'.

namespace price_column {
enum : std::size_t { price, plan };
}
constexpr db::Sql plan_of_price_sql = "select price_id, plan from plan_prices where mode = $1 and account = $2";

// Of a plan that everybody may have, and first what is known to be for sale.
constexpr db::Sql sold_sql = R"sql(
    select p.price_id from plan_prices p join plans n on n.name = p.plan and n.is_public = 1 and n.is_archived = 0
    where p.mode = $1 and p.account = $2 and p.plan = $3 and p.state = 'sold'
    order by case p.currency when '' then 1 else 0 end, p.position, p.price_id
)sql";

// Those that are named again are sold again in the same transaction.
constexpr db::Sql retire_settings_sql = R"sql(
    update plan_prices set state = 'retired', position = $4 where mode = $1 and account = $2 and plan = $3 and position < $4
)sql";

constexpr db::Sql put_sql = R"sql(
    insert into plan_prices (mode, account, price_id, plan, state, position) select $1, $2, $3, name, 'sold', $5 from plans where name = $4
    on conflict (mode, account, price_id) do update set plan = excluded.plan, state = 'sold', position = excluded.position
)sql";

constexpr db::Sql describe_sql = R"sql(
    update plan_prices set currency = $4, amount_minor = $5, period = $6, period_count = $7
    where mode = $1 and account = $2 and price_id = $3
)sql";

#define POLLUX_OFFER_COLUMNS "p.plan, p.price_id, p.currency, p.amount_minor, p.period, p.period_count"
namespace offer_column {
enum : std::size_t { plan, price, currency, amount, period, period_count, count };
}
static_assert(db::columns_in(POLLUX_OFFER_COLUMNS) == offer_column::count);

constexpr db::Sql offered_sql = "select " POLLUX_OFFER_COLUMNS R"sql(
    from plan_prices p join payments_in_force s on s.mode = p.mode and s.account = p.account
    where p.state = 'sold' and p.currency <> '' order by p.position, p.price_id
)sql";

#define POLLUX_KNOWN_COLUMNS "p.price_id, p.plan, p.state, p.position"
namespace known_column {
enum : std::size_t { price, plan, state, position, count };
}
static_assert(db::columns_in(POLLUX_KNOWN_COLUMNS) == known_column::count);

constexpr db::Sql known_sql = "select " POLLUX_KNOWN_COLUMNS " from plan_prices p where p.mode = $1 and p.account = $2 and p.price_id = $3";
constexpr db::Sql all_known_sql = "select " POLLUX_KNOWN_COLUMNS R"sql(
    from plan_prices p join payments_in_force s on s.mode = p.mode and s.account = p.account
    order by p.plan, p.state desc, p.position, p.price_id
)sql";

constexpr db::Sql put_known_sql = R"sql(
    insert into plan_prices (mode, account, price_id, plan, state, position, currency, amount_minor, period, period_count)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (mode, account, price_id) do update set plan = excluded.plan, state = excluded.state, position = excluded.position,
        currency = excluded.currency, amount_minor = excluded.amount_minor, period = excluded.period, period_count = excluded.period_count
)sql";

#define POLLUX_STORED_COLUMNS "p.account, p.price_id"
namespace stored_column {
enum : std::size_t { account, price, count };
}
static_assert(db::columns_in(POLLUX_STORED_COLUMNS) == stored_column::count);

// Of all accounts: only Stripe says whose a key is. From settings_end on: those of the settings follow them at the next start.
static_assert(settings_end == 1'000);
constexpr db::Sql stored_sql = "select " POLLUX_STORED_COLUMNS R"sql(
    from plan_prices p join plans n on n.name = p.plan and n.is_archived = 0
    where p.mode = $1 and p.state = 'sold' and p.position >= 1000 order by p.account, p.position, p.price_id
)sql";

std::string_view word_of(PriceState state)
{
    return state == PriceState::sold ? "sold" : "retired";
}

KnownPrice read_known(db::Row const& row)
{
    auto const state = row.text(known_column::state) == "sold" ? PriceState::sold : PriceState::retired;
    return {row.text(known_column::price), row.text(known_column::plan), state, row.integer(known_column::position) < settings_end};
}

asio::awaitable<int> put_in(db::Transaction& transaction, std::string plan, std::vector<std::string> prices, PaymentScope scope)
{
    co_await transaction.run(retire_settings_sql, scope.mode, scope.account, plan, settings_end);
    std::int64_t position = 0;
    for (auto const& price : prices) co_await transaction.run(put_sql, scope.mode, scope.account, price, plan, position++);
    co_return 0;
}

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

asio::awaitable<void> PriceStore::put_settings(std::string plan, std::vector<std::string> prices, PaymentScope scope)
{
    co_await database_.transact([=](db::Transaction& transaction) { return put_in(transaction, plan, prices, scope); });
}

asio::awaitable<void> PriceStore::describe(PaymentScope scope, std::string price, std::optional<PlanPrice> said)
{
    auto const what = said.value_or(PlanPrice{});
    co_await database_.write(describe_sql, scope.mode, scope.account, std::move(price), what.currency, what.amount_minor, what.interval,
                             what.interval_count);
}

asio::awaitable<std::optional<KnownPrice>> PriceStore::known(db::Transaction& transaction, PaymentScope scope, std::string price)
{
    auto const rows = co_await transaction.run(known_sql, scope.mode, scope.account, std::move(price));
    if (rows.empty()) co_return std::nullopt;
    co_return read_known(rows.front());
}

asio::awaitable<void> PriceStore::put(db::Transaction& transaction, PaymentScope scope, KnownPrice price, PlanPrice said)
{
    co_await transaction.run(put_known_sql, scope.mode, scope.account, price.price, price.plan, word_of(price.state), settings_end,
                             said.currency, said.amount_minor, said.interval, said.interval_count);
}

asio::awaitable<std::vector<KnownPrice>> PriceStore::all()
{
    auto const rows = co_await database_.read(all_known_sql);
    std::vector<KnownPrice> prices;
    for (std::size_t index = 0; index < rows.size(); ++index) prices.push_back(read_known(rows[index]));
    co_return prices;
}

db::Sql const& PriceStore::besides_settings_sql()
{
    return stored_sql;
}

std::vector<StoredPrice> PriceStore::read_besides_settings(db::Rows const& rows)
{
    std::vector<StoredPrice> prices;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        prices.push_back({rows[index].text(stored_column::account), rows[index].text(stored_column::price)});
    }
    return prices;
}

asio::awaitable<std::map<std::string, std::vector<PlanPrice>>> PriceStore::offered()
{
    auto const rows = co_await database_.read(offered_sql);
    std::map<std::string, std::vector<PlanPrice>> offers;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        auto currency = row.text(offer_column::currency);
        auto const exponent = stripe::minor_digits(currency);
        offers[row.text(offer_column::plan)].push_back({row.text(offer_column::price), row.integer(offer_column::amount),
                                                        std::move(currency), exponent, row.text(offer_column::period),
                                                        row.integer(offer_column::period_count)});
    }
    co_return offers;
}

} // namespace pollux::billing
