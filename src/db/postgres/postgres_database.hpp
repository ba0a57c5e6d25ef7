// PostgreSQL >= 15: libpq, without blocking, pipelined. All connections belong to one thread of this database's own, so nothing in it
// needs a lock; a caller's work hops there and its result hops back to the caller's executor. Units of work run on that thread, too:
// they await nothing but their statements.
//
// Reads share a few pipelined connections; transactions take one of a pool each. A caller waits at most as long as
// postgres/limits.hpp says, whatever happens to PostgreSQL. No call can be cancelled: set the deadline before. Whoever waits for a
// call keeps its io_context alive until close() has returned.
#pragma once

#include "db/database.hpp"
#include "db/postgres/limits.hpp"
#include "db/postgres/listener.hpp"
#include "db/slow_reads.hpp"

#include <memory>
#include <string>

namespace pollux::db {

struct PostgresOptions {
    std::string url; // postgres://... as libpq reads it.
    PostgresLimits limits = {};
};

class PostgresDatabase final : public Database, public SlowReads {
public:
    // Connects in the background; calls wait for it as for any connection.
    explicit PostgresDatabase(PostgresOptions options);
    ~PostgresDatabase() override;

    Dialect dialect() const override { return Dialect::postgres; }

    // Until the database is closed. From any thread; see postgres/listener.hpp.
    void listen(std::string channel, Listener listener);

    asio::awaitable<Rows> read_rows(Sql sql, Params params) override;
    asio::awaitable<Rows> write_rows(Sql sql, Params params) override;

    // What runs has a bounded time to end; later calls are refused with Unavailable. Blocks; may be repeated.
    void close() override;

protected:
    asio::awaitable<void> run_snapshot(detail::AnyUnit& unit) override;
    asio::awaitable<Rows> read_rows_slowly(Sql sql, Params params) override;
    asio::awaitable<void> run_snapshot_slowly(detail::AnyUnit& unit) override;
    asio::awaitable<void> run_transaction(detail::AnyUnit& unit) override;

private:
    class Thread;

    std::unique_ptr<Thread> thread_;
};

} // namespace pollux::db
