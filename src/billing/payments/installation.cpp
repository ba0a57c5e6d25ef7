#include "billing/payments/installation.hpp"

#include "base/secrets.hpp"

namespace pollux::billing {
namespace {

constexpr std::size_t id_bytes = 16;

constexpr db::Sql id_sql = "select id from installation where only_one = 1";
constexpr db::Sql make_sql = "insert into installation (only_one, id) values (1, $1) on conflict (only_one) do nothing";

} // namespace

asio::awaitable<std::string> Installation::id()
{
    {
        std::scoped_lock const lock(mutex_);
        if (!known_.empty()) co_return known_;
    }
    auto rows = co_await database_.read(id_sql);
    if (rows.empty()) {
        co_await database_.write(make_sql, to_hex(random_bytes(id_bytes)));
        rows = co_await database_.read(id_sql); // Somebody else may have been first.
    }
    auto id = rows.front().only().text();
    std::scoped_lock const lock(mutex_);
    known_ = id;
    co_return id;
}

} // namespace pollux::billing
