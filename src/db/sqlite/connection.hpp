// One connection to one SQLite file, and the statements prepared on it. Every other file of this folder speaks to SQLite through this
// one. A connection belongs to one thread at a time.
//
// What went wrong is told apart here, once: Unavailable when the database cannot do it now (disk full, I/O error, busy, out of memory,
// a damaged file), StatementError when the statement is wrong or breaks a constraint.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"
#include "db/sqlite/statement_cache.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace pollux::db::sqlite {

enum class Role {
    writer,   // Reads and writes; WAL, durable at COMMIT.
    reader,   // May not write.
    migrator, // As writer, but foreign keys are checked at the end of a migration instead of at each statement.
    copy      // The target of a backup: takes what it is given, the journal mode too.
};

class Connection {
public:
    // The file must exist. `cache_kib` bounds the page cache. The clock is what now_us() tells; it must outlive the connection.
    Connection(std::filesystem::path const& file, Role role, int cache_kib, Clock const& clock);

    // One statement, with the values of $1, $2, ... in order; exactly as many as it names. `sql` must be a literal: its address is the
    // key of the prepared statement.
    Rows run(std::string_view sql, Params const& params = {});

    // Any number of statements, not kept; no parameters, no rows.
    void run_script(std::string const& sql);

    bool in_transaction() const;
    void roll_back() noexcept;                // Does nothing outside of a transaction.
    bool breaks_deferred_foreign_key() const; // COMMIT would fail because of it.

    // Pages in the write-ahead log after the last COMMIT, and moving them into the file. A checkpoint that cannot be done now is left to
    // the next one.
    int wal_pages() const { return *wal_pages_; }
    void checkpoint() noexcept;

    // For what needs SQLite itself (backup).
    sqlite3* handle() const { return handle_.get(); }

    [[noreturn]] void fail(int code, std::string_view doing) const;

private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };

    Rows step(Statement& statement);
    void bind(Statement& statement, Params const& params);

    Role role_;
    std::unique_ptr<sqlite3, Close> handle_;
    std::unique_ptr<int> wal_pages_; // SQLite holds its address.
    StatementCache statements_;
};

} // namespace pollux::db::sqlite
