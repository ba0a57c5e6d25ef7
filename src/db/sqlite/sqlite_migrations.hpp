// Migrations on SQLite, on a connection of their own, while the SqliteDatabase that holds the file's lock is idle.
//
// Foreign keys do nothing while a script runs (no refusal, no cascade; SQLite's own advice for rebuilding tables) and are all checked
// before its COMMIT. Before an existing database is migrated it is copied to the backups folder, one copy a schema version; the last 3
// are kept.
#pragma once

#include "db/migrator.hpp"
#include "db/sqlite/sqlite_database.hpp"

#include <filesystem>
#include <optional>

namespace pollux::db {

class SqliteMigrations final : public MigrationTarget {
public:
    // The database must outlive it. The folder is made when it is needed; empty: no copies are kept.
    SqliteMigrations(SqliteDatabase const& database, std::filesystem::path backups);

    Dialect dialect() const override { return Dialect::sqlite; }
    std::vector<AppliedMigration> begin() override;
    void keep_copy(int version) override;
    void apply(Migration const& migration) override;

private:
    SqliteDatabase const& database_;
    std::filesystem::path const backups_;
    std::optional<sqlite::Connection> connection_; // From begin() on.
};

} // namespace pollux::db
