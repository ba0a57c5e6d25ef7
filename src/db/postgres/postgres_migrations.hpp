// Migrations on PostgreSQL, on a connection of their own, under an advisory lock of the database: of several processes that start at
// once, one migrates and the others wait for it. It runs beside processes that serve: it waits for half a second for what they hold, then
// undoes all it has done and begins anew, for two minutes. Operators keep their own backups; no copy is made here.
#pragma once

#include "db/migrator.hpp"
#include "db/postgres/unusable.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pollux::db::postgres {

class Session;

} // namespace pollux::db::postgres

namespace pollux::db {

// The schema is older than this binary needs. One line for the operator.
class SchemaTooOld : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

class PostgresMigrations final : public MigrationTarget {
public:
    explicit PostgresMigrations(std::string url);
    ~PostgresMigrations() override;

    Dialect dialect() const override { return Dialect::postgres; }

    // Makes now_us() besides. Throws as postgres::Session does.
    std::vector<AppliedMigration> begin() override;
    void keep_copy(int) override {}
    void apply(Migration const& migration) override;

    // What is applied, without changing or locking anything.
    std::vector<AppliedMigration> look();

private:
    postgres::Session& session();
    std::optional<std::string> try_to_apply(Migration const& migration);
    void apply_once(Migration const& migration);

    std::string const url_;
    std::unique_ptr<postgres::Session> session_; // From the first use on; its end lets the lock go.
};

// Throws SchemaTooOld, SchemaTooNew, and Unavailable: for processes that serve but do not migrate.
void require_schema(PostgresMigrations& target, std::span<EmbeddedFile const> files);

} // namespace pollux::db
