#include "db/move/move.hpp"

#include "db/migrator.hpp"
#include "db/move/postgres_target.hpp"
#include "db/move/sqlite_source.hpp"
#include "db/postgres/postgres_migrations.hpp"

#include <algorithm>

namespace pollux::db {
namespace {

constexpr std::int64_t rows_told = 10'000; // So often is told how far a table is.

void require_schema_of_source(SqliteSource& source, MoveOptions const& options)
{
    auto const known = static_cast<int>(read_migrations(options.migrations, Dialect::sqlite).size());
    int const version = source.schema_version();
    if (version == known) return;
    std::string const what =
        options.file.string() + " has schema " + std::to_string(version) + " and this binary moves schema " + std::to_string(known) + ": ";
    if (version > known) throw MoveRefused(what + "move with the newer binary that has used it");
    throw MoveRefused(what + "run `pollux migrate` with DATABASE_URL naming that file first");
}

bool is_seeded(MoveOptions const& options, MoveTable const& table)
{
    return std::ranges::find(options.seeded_tables, table.name) != options.seeded_tables.end();
}

void require_empty(PostgresTarget& target, std::vector<MoveTable> const& tables, MoveOptions const& options)
{
    for (auto const& table : tables) {
        if (is_seeded(options, table) || !target.is_filled(table)) continue;
        throw MoveRefused(target.place() + " is not empty: table " + table.name +
                          " has rows. Name a new database (`createdb`); or, if nothing in this one is needed, "
                          "drop and create it first");
    }
}

void migrate_target(PostgresMigrations& schema, MoveOptions const& options)
{
    auto const known = static_cast<int>(read_migrations(options.migrations, Dialect::postgres).size());
    int const version = migrate(schema, options.migrations).version;
    if (version == known) return;
    throw MoveRefused("PostgreSQL has schema " + std::to_string(version) + " and this binary moves schema " + std::to_string(known) +
                      ": move with the newer binary, once it has migrated the source");
}

Tally copy(SqliteSource& source, PostgresTarget& target, MoveTable const& table, MoveEvents const& events)
{
    auto const rows_in_all = source.count(table);
    Tally tally;
    target.begin_copy(table);
    source.for_each_row(table, [&](std::span<Value const> row) {
        target.put(table, row);
        tally.add(row);
        if (tally.rows() % rows_told == 0 && tally.rows() < rows_in_all) events.copied(table.name, tally.rows(), rows_in_all);
    });
    target.end_copy(table);
    if (!table.identity.empty()) target.raise_identity(table);
    events.copied(table.name, tally.rows(), rows_in_all);
    return tally;
}

void compare(PostgresTarget& target, MoveTable const& table, Tally const& sent, MoveEvents const& events)
{
    Tally const arrived = target.tally(table);
    events.compared(table.name, sent, arrived);
    if (arrived == sent) return;
    throw MoveRefused("table " + table.name + " arrived otherwise than it was sent, so nothing was moved; does a trigger in " +
                      target.place() + " change it?");
}

} // namespace

std::int64_t move_to_postgres(MoveOptions const& options, MoveEvents const& events)
{
    SqliteSource source(options.file);
    require_schema_of_source(source, options);
    auto const tables = source.tables();

    // Looked at before it is migrated, or a wrong URL would migrate a database that is in use; and again when nobody else can write.
    PostgresTarget target(options.url);
    require_empty(target, tables, options);
    PostgresMigrations schema(options.url); // Holds the migrations' lock to the end, so of two moves one waits, and is refused.
    migrate_target(schema, options);
    target.begin(tables);
    require_empty(target, tables, options);

    events.began(target.place());
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
        if (is_seeded(options, *table)) target.clear(*table);
    }
    std::vector<Tally> sent;
    for (auto const& table : tables) sent.push_back(copy(source, target, table, events));
    std::int64_t rows = 0;
    for (std::size_t index = 0; index < tables.size(); ++index) {
        compare(target, tables[index], sent[index], events);
        rows += sent[index].rows();
    }
    target.commit();
    return rows;
}

} // namespace pollux::db
