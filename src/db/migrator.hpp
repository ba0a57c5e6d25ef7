// Brings a database to the newest schema that this binary knows. Migrations only go up. Each one runs in one transaction together with
// its row in schema_migrations, so a process that dies at any moment leaves a database from which the next start goes on.
//
// A migration is a file `NNNN_name.sql`, or `NNNN_name.sqlite.sql` and `NNNN_name.postgres.sql`, numbered from 0001 without gaps. It opens
// with comments, one of which is `-- works-with: N`: the oldest schema version whose binaries still work once it is applied. So a
// binary accepts a database that is newer than itself as long as no migration says that it must not. {{identity}} stands for the
// dialect's self-numbering primary key, after the column's name.
#pragma once

#include "base/clock.hpp"
#include "base/embedded_file.hpp"
#include "db/database.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace pollux::db {

// The database was migrated by a newer binary in a way that this one must not work with. One line for the operator.
class SchemaTooNew : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The migrations themselves are wrong: a bad name, a gap, no header. A bug of this binary.
class BadMigration : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Migration {
    int version = 0;
    std::string name; // "0002_chat".
    int works_with = 0;
    std::string script; // In the dialect, {{identity}} replaced.
};

struct AppliedMigration {
    int version = 0;
    int works_with = 0;
};

// How a target finds out what was applied.
#define POLLUX_APPLIED_COLUMNS "version, works_with"
inline constexpr char const* applied_sql = "select " POLLUX_APPLIED_COLUMNS " from schema_migrations order by version";
std::vector<AppliedMigration> read_applied(Rows const& rows);

// What the migrator needs of a database. Blocking: migrations run before anything is served.
class MigrationTarget {
public:
    virtual ~MigrationTarget() = default;

    virtual Dialect dialect() const = 0;

    // Makes schema_migrations where it is missing and returns what it holds, by version. From here on nobody else may migrate until the
    // target is destroyed.
    virtual std::vector<AppliedMigration> begin() = 0;

    // Called once before the first migration of a database that has a schema already.
    virtual void keep_copy(int version) = 0;

    // The script and the row (version, name, works_with, applied_at) in one transaction, durable when it returns.
    virtual void apply(Migration const& migration) = 0;
};

// The migrations for this dialect, by version. Throws BadMigration.
std::vector<Migration> read_migrations(std::span<EmbeddedFile const> files, Dialect dialect);

// Throws SchemaTooNew when a binary that knows `known` migrations must not work with what is applied.
void refuse_too_new(std::span<AppliedMigration const> applied, int known);

struct Migrated {
    int version_before = 0; // 0: there was no schema.
    int version = 0;
};

// Throws SchemaTooNew, BadMigration, and what the target throws.
Migrated migrate(MigrationTarget& target, std::span<EmbeddedFile const> files);

} // namespace pollux::db

namespace pollux {

// migrations/*.sql of this repository, in the binary.
std::span<EmbeddedFile const> pollux_migrations_files();

} // namespace pollux
