#include "billing/payments/watch_store.hpp"

namespace pollux::billing {
namespace {

// Where there was none for as long as they are kept, since then.
constexpr db::Sql silent_scan_sql = R"sql(
    select case when exists (select 1 from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account)
        then now_us() - coalesce((select max(received_at) from payment_events), now_us() - 2592000000000) else 0 end
)sql";

// As many are as good as more: for those who judge how often an event should come.
constexpr db::Sql payers_scan_sql = R"sql(
    select count(*) from (
        select 1 from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account limit 1000) p
)sql";

constexpr db::Sql endpoint_sql = R"sql(
    select w.endpoint from payment_walks w join payments_in_force s on s.mode = w.mode and s.account = w.account
)sql";

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

} // namespace pollux::billing
