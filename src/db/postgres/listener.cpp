#include "db/postgres/listener.hpp"

namespace pollux::db {
namespace {

// SQLite has one process, which needs no such thing.
constexpr Sql notify_sql{"select 1", "select pg_notify($1, $2)"};

} // namespace

asio::awaitable<void> notify(Database& database, std::string channel, std::string payload)
{
    if (database.dialect() != Dialect::postgres) co_return;
    co_await database.write(notify_sql, std::move(channel), std::move(payload));
}

} // namespace pollux::db
