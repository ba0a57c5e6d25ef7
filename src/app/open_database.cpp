#include "app/open_database.hpp"

#include "db/postgres/postgres_database.hpp"
#include "db/postgres/postgres_migrations.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"
#include "ops/log.hpp"

#include <csignal>
#include <stdexcept>

namespace pollux::app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds attempt_every{500};

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

// Empty: it lets us in.
std::string why_postgres_is_away(std::string const& url)
{
    try {
        db::PostgresMigrations(url).look();
        return {};
    } catch (db::Unavailable const& gone) {
        return gone.what();
    }
}

// Whether the process was told to stop meanwhile. Who has not blocked these signals just ends.
bool is_stopped_within(milliseconds pause)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    timespec const limit{.tv_sec = pause.count() / 1000, .tv_nsec = pause.count() % 1000 * 1'000'000};
    return sigtimedwait(&signals, nullptr, &limit) != -1;
}

std::runtime_error unavailable(db::Unavailable const& gone)
{
    return std::runtime_error("DATABASE_URL: " + std::string(gone.what()));
}

void prepare_postgres(config::Config const& config, std::string const& url)
{
    try {
        db::PostgresMigrations schema(url);
        if (config.dev) {
            db::migrate(schema, pollux_migrations_files());
        } else {
            db::require_schema(schema, pollux_migrations_files());
        }
    } catch (db::Unavailable const& gone) {
        throw unavailable(gone);
    }
}

std::unique_ptr<db::Database> open_postgres(config::Config const& config)
{
    auto const url = config.postgres_url.value().reveal();
    prepare_postgres(config, url);
    db::PostgresOptions options{.url = url};
    options.limits.write_connections = config.database_write_pool;
    options.limits.read_connections = config.database_read_connections;
    return std::make_unique<db::PostgresDatabase>(std::move(options));
}

} // namespace

bool await_database(config::Config const& config)
{
    if (config.database == config::DatabaseKind::sqlite) return true;
    auto const url = config.postgres_url.value().reveal();
    auto const until = Steady::now() + config.database_wait;
    for (std::string said; Steady::now() < until;) {
        auto const reason = why_postgres_is_away(url);
        if (reason.empty()) break;
        if (reason != said)
            ops::log(ops::Level::warning, "database_awaited", {{"reason", reason}, {"at_most_s", config.database_wait.count()}});
        said = reason;
        if (is_stopped_within(attempt_every)) return false;
    }
    return true;
}

std::unique_ptr<db::Database> open_database(config::Config const& config, Clock const& clock)
{
    return config.database == config::DatabaseKind::sqlite ? open_sqlite(config, clock) : open_postgres(config);
}

db::Migrated migrate_database(config::Config const& config)
{
    if (config.database == config::DatabaseKind::sqlite) {
        Clock clock;
        db::SqliteDatabase database({.file = config.sqlite_path, .clock = &clock});
        return bring_up_to_date(config, database);
    }
    await_database(config);
    try {
        db::PostgresMigrations target(config.postgres_url.value().reveal());
        return db::migrate(target, pollux_migrations_files());
    } catch (db::Unavailable const& gone) {
        throw unavailable(gone);
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
