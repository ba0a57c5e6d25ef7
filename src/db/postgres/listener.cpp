#include "db/postgres/listener.hpp"

#include "base/json.hpp"

namespace pollux::db {
namespace {

// SQLite has one process, which needs no such thing.
constexpr Sql notify_sql{"select 1", "select pg_notify($1, payload) from json_array_elements_text($2::json) payload"};

} // namespace

asio::awaitable<void> notify(Database& database, std::string channel, std::vector<std::string> payloads)
{
    if (database.dialect() != Dialect::postgres || payloads.empty()) co_return;
    std::string json;
    for (auto const& payload : payloads) {
        json += json.empty() ? '[' : ',';
        append_json_text(json, payload);
    }
    json += ']';
    co_await database.write(notify_sql, std::move(channel), std::move(json));
}

} // namespace pollux::db
