// The embedded database: one SQLite file, one process, durable at COMMIT (WAL, synchronous=FULL). Writes go to one writer thread in
// groups (writer.hpp); reads run inline on the calling thread (readers.hpp).
//
// Inside a unit only the transaction may be awaited; a unit that awaits something else ends the process. Neither reads nor writes may
// be cancelled: set the deadline before. A caller that waits for a write keeps its io_context alive until close() has returned.
#pragma once

#include "base/clock.hpp"
#include "db/slow_reads.hpp"
#include "db/sqlite/file_lock.hpp"
#include "db/sqlite/readers.hpp"
#include "db/sqlite/slow_readers.hpp"
#include "db/sqlite/writer.hpp"

#include <filesystem>

namespace pollux::db {

struct SqliteOptions {
    std::filesystem::path file;      // Made with mode 0600, its folder with 0700.
    Clock const* clock = nullptr;    // What now_us() tells; must outlive the database. Default: the system's.
    int writer_cache_kib = 8 * 1024; // Page caches; a reader's is per thread that reads.
    int reader_cache_kib = 2 * 1024;
    sqlite::WriterLimits writer = {};
    SlowReadLimits slow_reads = {};
};

class SqliteDatabase final : public Database, public SlowReads {
public:
    // Throws DatabaseInUse when another process (or another SqliteDatabase) has the file, Unavailable when it cannot be opened.
    explicit SqliteDatabase(SqliteOptions options);
    ~SqliteDatabase() override;

    Dialect dialect() const override { return Dialect::sqlite; }

    asio::awaitable<Rows> read_rows(Sql sql, Params params) override;
    asio::awaitable<Rows> write_rows(Sql sql, Params params) override;

    // What waits is still written; later writes are refused with Unavailable, reads go on but for slow ones. Blocks; may be repeated.
    void close() override;

    // A copy of this moment; reads and writes go on meanwhile. Blocks for as long as the file takes to copy: never on an I/O thread.
    void backup_to(std::filesystem::path const& target) const;

    std::filesystem::path const& file() const { return options_.file; }
    Clock const& clock() const { return *options_.clock; }
    sqlite::WriterCounters counters() const { return writer_.counters(); }

protected:
    asio::awaitable<void> run_snapshot(detail::AnyUnit& unit) override;
    asio::awaitable<Rows> read_rows_slowly(Sql sql, Params params) override;
    asio::awaitable<void> run_snapshot_slowly(detail::AnyUnit& unit) override;
    asio::awaitable<void> run_transaction(detail::AnyUnit& unit) override;

private:
    SqliteOptions const options_;
    sqlite::FileLock lock_; // Taken before the file is touched, let go after all connections are closed.
    sqlite::Writer writer_; // Its connection is the last one to be closed: that moves the log into the file.
    sqlite::Readers readers_;
    sqlite::SlowReaders slow_readers_;
};

} // namespace pollux::db
