#include "db/postgres/pooling.hpp"

#include "db/postgres/connector.hpp"
#include "db/postgres/unusable.hpp"
#include "db/postgres/values.hpp"

namespace pollux::db::postgres {
namespace {

constexpr int looks = 5; // While others use the pooler too, one look may miss it.

std::int64_t session_of(PGconn* handle)
{
    constexpr char const* sql = "select pg_backend_pid()";
    PgResult const result(PQexec(handle, sql));
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) std::rethrow_exception(failure_of(result.get(), sql));
    return read_rows(result.get()).front().only().integer();
}

} // namespace

void require_own_session(PGconn* handle, std::string const& url)
{
    // A pooler makes up the number that its clients cancel with.
    if (session_of(handle) == PQbackendPID(handle)) return;
    // Two connections at once: each has one session for itself, or they share.
    auto const other = connect_blocking(url);
    for (int look = 0; look < looks; ++look) {
        auto const mine = session_of(handle);
        bool const is_shared = session_of(other.get()) == mine || session_of(handle) != mine;
        if (!is_shared) continue;
        throw UnusableDatabase(
            "a pooler such as PgBouncer gives each transaction another session there, and Pollux needs its sessions: set "
            "pool_mode=session, or name PostgreSQL itself");
    }
}

} // namespace pollux::db::postgres
