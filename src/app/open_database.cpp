#include "app/open_database.hpp"

#include "app/patience.hpp"
#include "base/required.hpp"
#include "db/postgres/postgres_database.hpp"
#include "db/postgres/postgres_migrations.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"
#include "ops/log.hpp"

#include <filesystem>
#include <stdexcept>

namespace pollux::app {
namespace {

db::Migrated bring_up_to_date(config::Config const& config, db::SqliteDatabase& database)
{
    db::SqliteMigrations target(database, config.data_dir / "backups");
    return db::migrate(target, pollux_migrations_files());
}

std::unique_ptr<db::Database> open_sqlite(config::Config const& config, Clock const& clock)
{
    auto database = std::make_unique<db::SqliteDatabase>(db::SqliteOptions{.file = config.sqlite_path, .clock = &clock});
    bring_up_to_date(config, *database);
    return database;
}

std::runtime_error unusable(std::exception const& why)
{
    return std::runtime_error("DATABASE_URL: " + std::string(why.what()));
}

void check_schema(config::Config const& config, std::string const& url)
{
    db::PostgresMigrations schema(url);
    if (config.dev || config.migrate_on_start) {
        db::migrate(schema, pollux_migrations_files());
    } else {
        db::require_schema(schema, pollux_migrations_files());
    }
}

void prepare_postgres(config::Config const& config, std::string const& url, Steady::time_point wait_until)
{
    try {
        while_unavailable(wait_until, [&] { check_schema(config, url); });
    } catch (db::Unavailable const& gone) {
        throw unusable(gone);
    } catch (db::UnusableDatabase const& wrong) {
        throw unusable(wrong);
    }
}

std::unique_ptr<db::Database> open_postgres(config::Config const& config, Steady::time_point wait_until)
{
    auto const url = required(config.postgres_url).reveal();
    prepare_postgres(config, url, wait_until);
    db::PostgresOptions options{.url = url};
    options.limits.write_connections = config.database_write_pool;
    options.limits.read_connections = config.database_read_connections;
    return std::make_unique<db::PostgresDatabase>(std::move(options));
}

} // namespace

std::unique_ptr<db::Database> open_database(config::Config const& config, Clock const& clock, Steady::time_point wait_until)
{
    return config.database == config::DatabaseKind::sqlite ? open_sqlite(config, clock) : open_postgres(config, wait_until);
}

void require_database(config::Config const& config)
{
    if (config.database == config::DatabaseKind::sqlite) {
        std::error_code failed;
        if (std::filesystem::exists(config.sqlite_path, failed)) return;
        throw std::runtime_error("there is no database at " + std::filesystem::absolute(config.sqlite_path).lexically_normal().string() +
                                 ": run this where the server runs, or set DATA_DIR or DATABASE_URL");
    }
    try {
        auto const applied =
            while_unavailable(Steady::now(), [&] { return db::PostgresMigrations(required(config.postgres_url).reveal()).look(); });
        if (applied.empty())
            throw std::runtime_error(
                "DATABASE_URL: there is no database of Pollux there: set it as the server has it, or run `pollux migrate`");
    } catch (db::Unavailable const& gone) {
        throw unusable(gone);
    } catch (db::UnusableDatabase const& wrong) {
        throw unusable(wrong);
    }
}

db::Migrated migrate_database(config::Config const& config)
{
    if (config.database == config::DatabaseKind::sqlite) {
        Clock const clock;
        db::SqliteDatabase database({.file = config.sqlite_path, .clock = &clock});
        return bring_up_to_date(config, database);
    }
    try {
        return while_unavailable(wait_end(config), [&] {
            db::PostgresMigrations target(required(config.postgres_url).reveal());
            return db::migrate(target, pollux_migrations_files());
        });
    } catch (db::Unavailable const& gone) {
        throw unusable(gone);
    } catch (db::UnusableDatabase const& wrong) {
        throw unusable(wrong);
    }
}

// bench/run reads from it how many writes shared a COMMIT.
void log_stopped(db::Database const& database)
{
    auto const* sqlite = dynamic_cast<db::SqliteDatabase const*>(&database);
    if (sqlite == nullptr) return ops::log(ops::Level::info, "stopped");
    auto const counters = sqlite->counters();
    ops::log(ops::Level::info, "stopped",
             {{"writes", std::int64_t(counters.units)},
              {"commits", std::int64_t(counters.groups)},
              {"largest_commit", std::int64_t(counters.largest_group)}});
}

} // namespace pollux::app
