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

// A price that the provider sells no more has no period: period_count 0. Until it has been asked, a price counts as for sale.
constexpr std::int64_t no_periods = 0;

// Of a plan that everybody may have, and first what costs one amount.
static_assert(no_periods == 0);
constexpr db::Sql sold_sql = R"sql(
    select p.price_id from plan_prices p join plans n on n.name = p.plan and n.is_public = 1 and n.is_archived = 0
    where p.mode = $1 and p.account = $2 and p.plan = $3 and p.state = 'sold' and p.period_count <> 0
    order by case p.currency when '' then 1 else 0 end, p.position, p.price_id
)sql";

// Those that are named again are sold again in the same transaction.
constexpr db::Sql retire_settings_sql = R"sql(
    update plan_prices set state = 'retired', position = $4 where mode = $1 and account = $2 and plan = $3 and position < $4
)sql";

// One that an operator gave to another plan stays that plan's.
constexpr db::Sql put_sql = R"sql(
    insert into plan_prices (mode, account, price_id, plan, state, position) select $1, $2, $3, name, 'sold', $5 from plans where name = $4
    on conflict (mode, account, price_id) do update set state = 'sold', position = excluded.position where plan_prices.plan = excluded.plan
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
constexpr db::Sql for_sale_sql = "select " POLLUX_KNOWN_COLUMNS R"sql(
    from plan_prices p where p.mode = $1 and p.account = $2 and p.state = 'sold' order by p.plan, p.position, p.price_id
)sql";

constexpr db::Sql put_known_sql = R"sql(
    insert into plan_prices (mode, account, price_id, plan, state, position, currency, amount_minor, period, period_count)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (mode, account, price_id) do update set plan = excluded.plan, state = excluded.state, position = excluded.position,
        currency = excluded.currency, amount_minor = excluded.amount_minor, period = excluded.period, period_count = excluded.period_count
)sql";

#define POLLUX_STORED_COLUMNS "p.account, p.price_id, p.plan, p.state, p.position, n.is_public, n.is_archived"
namespace stored_column {
enum : std::size_t { account, price, plan, state, position, is_public, is_archived, count };
}
static_assert(db::columns_in(POLLUX_STORED_COLUMNS) == stored_column::count);

// Of all accounts: only Stripe says whose a key is.
constexpr db::Sql every_stored_sql = "select " POLLUX_STORED_COLUMNS R"sql(
    from plan_prices p join plans n on n.name = p.plan where p.mode = $1 order by p.account, p.position, p.price_id
)sql";

std::string_view word_of(PriceState state)
{
    return state == PriceState::sold ? "sold" : "retired";
}

PlanPrice columns_of(PriceSaid said)
{
    auto what = std::move(said.offer).value_or(PlanPrice());
    if (!said.is_for_sale) what.interval_count = no_periods;
    return what;
}

KnownPrice read_known(db::Row const& row)
{
    auto const state = row.text(known_column::state) == "sold" ? PriceState::sold : PriceState::retired;
    return {row.text(known_column::price), row.text(known_column::plan), state, row.integer(known_column::position) < settings_end};
}

asio::awaitable<std::vector<KnownPrice>> put_in(db::Transaction& transaction, std::string plan, std::vector<std::string> prices,
                                                PaymentScope scope)
{
    co_await transaction.run(retire_settings_sql, scope.mode, scope.account, plan, settings_end);
    std::int64_t position = 0;
    std::vector<KnownPrice> others;
    for (auto const& price : prices) {
        co_await transaction.run(put_sql, scope.mode, scope.account, price, plan, position++);
        auto known = co_await PriceStore::known(transaction, scope, price);
        if (known && known->plan != plan) others.push_back(std::move(*known));
    }
    co_return others;
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

asio::awaitable<std::vector<KnownPrice>> PriceStore::for_sale(PaymentScope scope)
{
    auto const rows = co_await database_.read(for_sale_sql, scope.mode, scope.account);
    std::vector<KnownPrice> prices;
    for (std::size_t index = 0; index < rows.size(); ++index) prices.push_back(read_known(rows[index]));
    co_return prices;
}

asio::awaitable<std::vector<KnownPrice>> PriceStore::put_settings(std::string plan, std::vector<std::string> prices, PaymentScope scope)
{
    co_return co_await database_.transact([=](db::Transaction& transaction) { return put_in(transaction, plan, prices, scope); });
}

asio::awaitable<void> PriceStore::describe(PaymentScope scope, std::string price, PriceSaid said)
{
    auto const what = columns_of(std::move(said));
    co_await database_.write(describe_sql, scope.mode, scope.account, std::move(price), what.currency, what.amount_minor, what.interval,
                             what.interval_count);
}

asio::awaitable<std::optional<KnownPrice>> PriceStore::known(db::Transaction& transaction, PaymentScope scope, std::string price)
{
    auto const rows = co_await transaction.run(known_sql, scope.mode, scope.account, std::move(price));
    if (rows.empty()) co_return std::nullopt;
    co_return read_known(rows.front());
}

asio::awaitable<void> PriceStore::put(db::Transaction& transaction, PaymentScope scope, KnownPrice price, PriceSaid said)
{
    auto const what = columns_of(std::move(said));
    co_await transaction.run(put_known_sql, scope.mode, scope.account, price.price, price.plan, word_of(price.state), settings_end,
                             what.currency, what.amount_minor, what.interval, what.interval_count);
}

asio::awaitable<std::vector<KnownPrice>> PriceStore::all()
{
    auto const rows = co_await database_.read(all_known_sql);
    std::vector<KnownPrice> prices;
    for (std::size_t index = 0; index < rows.size(); ++index) prices.push_back(read_known(rows[index]));
    co_return prices;
}

db::Sql const& PriceStore::stored_sql()
{
    return every_stored_sql;
}

std::vector<StoredPrice> PriceStore::read_stored(db::Rows const& rows)
{
    std::vector<StoredPrice> prices;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        bool const is_plan_sold = row.integer(stored_column::is_public) == 1 && row.integer(stored_column::is_archived) == 0;
        prices.push_back({row.text(stored_column::account), row.text(stored_column::price), row.text(stored_column::plan),
                          row.text(stored_column::state) == "sold" && is_plan_sold, row.integer(stored_column::position) < settings_end});
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
