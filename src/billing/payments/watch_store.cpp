#include "billing/payments/watch_store.hpp"

namespace pollux::billing {
namespace {

// Where there was none for as long as they are kept, since then.
constexpr db::Sql silent_scan_sql = R"sql(
    select case when exists (select 1 from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account)
        then now_us() - coalesce((select max(v.received_at) from payment_events v join payments_in_force s on s.mode = v.mode and s.account = v.account),
            now_us() - 2592000000000) else 0 end
)sql";

// As many are as good as more: for those who judge how often an event should come.
constexpr db::Sql payers_scan_sql = R"sql(
    select count(*) from (
        select 1 from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account limit 1000) p
)sql";

constexpr db::Sql endpoint_sql = R"sql(
    select w.endpoint from payment_walks w join payments_in_force s on s.mode = w.mode and s.account = w.account
)sql";

constexpr db::Sql alerts_scan_sql = R"sql(
    select s.alert, count(*) from subscriptions s join payments_in_force f on f.mode = s.mode and f.account = s.account
    where s.alert <> '' group by s.alert
)sql";
namespace alert_column {
enum : std::size_t { word, count };
}

} // namespace

asio::awaitable<std::chrono::microseconds> WatchStore::silent()
{
    auto const rows = co_await database_.read(silent_scan_sql);
    co_return std::chrono::microseconds(rows.front().only().integer());
}

asio::awaitable<std::int64_t> WatchStore::payers()
{
    auto const rows = co_await database_.read(payers_scan_sql);
    co_return rows.front().only().integer();
}

asio::awaitable<std::string> WatchStore::endpoint()
{
    auto const rows = co_await database_.read(endpoint_sql);
    co_return rows.empty() ? std::string() : rows.front().only().text();
}

asio::awaitable<std::map<std::string, std::int64_t>> WatchStore::alerts()
{
    auto const rows = co_await database_.read(alerts_scan_sql);
    std::map<std::string, std::int64_t> by_word;
    for (std::size_t index = 0; index < rows.size(); ++index)
        by_word[rows[index].text(alert_column::word)] = rows[index].integer(alert_column::count);
    co_return by_word;
}

} // namespace pollux::billing
