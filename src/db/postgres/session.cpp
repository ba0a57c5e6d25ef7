#include "db/postgres/session.hpp"

#include "db/postgres/connector.hpp"
#include "db/postgres/pooling.hpp"
#include "db/postgres/unusable.hpp"
#include "db/postgres/values.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace pollux::db::postgres {
namespace {

constexpr int oldest_server = 150'000;

constexpr char const* settings_sql = "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0; "
                                     "set client_min_messages = warning";

// What servers allow is too short here: while PostgreSQL is busy with its disk it takes nothing of a COPY for seconds.
constexpr unsigned silence_max_ms = 60'000;

void bear_silence(PGconn* handle)
{
    int const failed = ::setsockopt(PQsocket(handle), IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_max_ms, sizeof silence_max_ms);
    static_cast<void>(failed); // A Unix socket, which knows no such limit.
}

void check(PgResult const& result, std::string_view sql)
{
    auto const status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN) return;
    std::rethrow_exception(failure_of(result.get(), sql));
}

} // namespace

Session::Session(std::string const& url) : handle_(connect_blocking(url))
{
    auto const version = PQserverVersion(handle_.get());
    if (version < oldest_server) {
        throw UnusableDatabase("Pollux needs PostgreSQL 15 or newer; this one is " + std::to_string(version / 10'000));
    }
    require_own_session(handle_.get(), url);
    bear_silence(handle_.get());
    run_script(settings_sql);
}

void Session::run_script(std::string const& sql)
{
    check(PgResult(PQexec(handle_.get(), sql.c_str())), sql);
}

Rows Session::run(std::string const& sql, Params const& params)
{
    Bound const bound(params);
    auto const types = types_of(params);
    PgResult const result(
        PQexecParams(handle_.get(), sql.c_str(), bound.count(), types.data(), bound.values(), bound.lengths(), bound.formats(), 0));
    check(result, sql);
    return read_rows(result.get());
}

std::vector<Value> Session::run_for_cells(std::string const& sql)
{
    PgResult const result(PQexec(handle_.get(), sql.c_str()));
    check(result, sql);
    return read_cells(result.get());
}

void Session::begin_copy(std::string const& sql)
{
    check(PgResult(PQexec(handle_.get(), sql.c_str())), sql);
}

void Session::put_copy(std::string_view bytes)
{
    if (PQputCopyData(handle_.get(), bytes.data(), static_cast<int>(bytes.size())) != 1) throw Unavailable(last_message(handle_.get()));
}

void Session::end_copy(std::string const& sql)
{
    if (PQputCopyEnd(handle_.get(), nullptr) != 1) throw Unavailable(last_message(handle_.get()));
    PgResult const result(PQgetResult(handle_.get()));
    while (PgResult(PQgetResult(handle_.get()))) {
    }
    check(result, sql);
}

void Session::roll_back() noexcept
{
    if (PQtransactionStatus(handle_.get()) != PQTRANS_IDLE) PgResult(PQexec(handle_.get(), "rollback"));
}

std::string Session::place() const
{
    return std::string("the database ") + PQdb(handle_.get()) + " at " + PQhost(handle_.get());
}

} // namespace pollux::db::postgres
