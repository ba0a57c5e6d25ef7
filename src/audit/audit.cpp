#include "audit/audit.hpp"

#include "base/text.hpp"

namespace pollux::audit {
namespace {

constexpr std::size_t detail_characters_max = 2'000;

constexpr db::Sql write_sql = "insert into audit (at, actor, action, user_id, detail) values (now_us(), $1, $2, $3, $4)";

constexpr db::Sql forget_old_scan_sql = R"sql(
    delete from audit where at <= (select max(at) from (select at from audit where at < now_us() - $1 order by at limit 1000) oldest)
)sql";

} // namespace

asio::awaitable<void> write(db::Transaction& transaction, Entry entry)
{
    auto const detail = cut_code_points(entry.detail, detail_characters_max);
    co_await transaction.run_later(write_sql, std::move(entry.actor), std::move(entry.action), entry.user, detail);
}

asio::awaitable<std::int64_t> forget_old(db::Database& database)
{
    auto const rows = co_await database.write(forget_old_scan_sql, std::chrono::microseconds(kept).count());
    co_return rows.changed();
}

} // namespace pollux::audit
