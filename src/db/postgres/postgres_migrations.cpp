#include "db/postgres/postgres_migrations.hpp"

#include "base/clock.hpp"
#include "base/failpoint.hpp"
#include "db/postgres/session.hpp"
#include "ops/log.hpp"

#include <optional>
#include <thread>

namespace pollux::db {
namespace {

// A number of our own among all users of advisory locks in this database: "pollux" in ASCII.
constexpr char const* lock_sql = "select pg_advisory_lock(123627709430136)";

// Whoever comes for a table that a migration waits for waits behind it, so it waits for less than they do, and comes again. It is also less
// than the second after which PostgreSQL looks for deadlocks, so that nobody is ended for its sake.
constexpr char const* lock_wait_sql = "set local lock_timeout = '500ms'";
constexpr std::chrono::milliseconds lock_pause{500}; // Those who waited get through.
constexpr std::chrono::minutes lock_patience{2};

constexpr char const* table_sql = "create table if not exists schema_migrations ("
                                  "version integer primary key, name text not null, works_with integer not null, "
                                  "applied_at bigint not null)";

// The time at which the statement came: one value for the whole of it, so that it can be looked up in an index.
constexpr char const* clock_sql = "create or replace function now_us() returns bigint language sql stable parallel safe as "
                                  "'select (extract(epoch from statement_timestamp()) * 1000000)::bigint'";

constexpr char const* has_clock_sql = "select 1 from pg_proc where proname = 'now_us' and pronamespace = current_schema()::regnamespace";
constexpr char const* has_table_sql = "select 1 where to_regclass('schema_migrations') is not null";
constexpr char const* insert_sql = "insert into schema_migrations (version, name, works_with, applied_at) values ($1, $2, $3, now_us())";

} // namespace

PostgresMigrations::PostgresMigrations(std::string url) : url_(std::move(url)) {}

PostgresMigrations::~PostgresMigrations() = default;

postgres::Session& PostgresMigrations::session()
{
    if (!session_) session_ = std::make_unique<postgres::Session>(url_);
    return *session_;
}

std::vector<AppliedMigration> PostgresMigrations::begin()
{
    session().run(lock_sql);
    if (session().run(has_clock_sql).empty()) session().run_script(clock_sql);
    session().run_script(table_sql);
    return look();
}

std::vector<AppliedMigration> PostgresMigrations::look()
{
    if (session().run(has_table_sql).empty()) return {};
    return read_applied(session().run(applied_sql));
}

// Why it must wait for others; nothing when it is applied.
std::optional<std::string> PostgresMigrations::try_to_apply(Migration const& migration)
{
    try {
        apply_once(migration);
        return std::nullopt;
    } catch (postgres::Conflict const& met) {
        return met.what();
    } catch (Unavailable const& failure) {
        if (failure.lack() != Lack::turn) throw;
        return failure.what();
    }
}

void PostgresMigrations::apply(Migration const& migration)
{
    auto const end = Steady::now() + lock_patience;
    for (bool is_told = false;; is_told = true) {
        auto const why = try_to_apply(migration);
        if (!why) return;
        if (Steady::now() > end) {
            throw Unavailable("migration " + migration.name +
                                  " needs what others have held for two minutes; end them (pg_stat_activity), " +
                                  "and run it again: " + *why,
                              Lack::turn);
        }
        if (!is_told) ops::log(ops::Level::warning, "migration_waits", {{"migration", migration.name}, {"reason", *why}});
        std::this_thread::sleep_for(lock_pause);
    }
}

void PostgresMigrations::apply_once(Migration const& migration)
{
    try {
        session().run_script("begin");
        session().run_script(lock_wait_sql);
        session().run_script(migration.script);
        if (!session().in_transaction()) throw BadMigration("migration " + migration.name + " ends the transaction that it runs in");
        session().run(insert_sql, params(migration.version, migration.name, migration.works_with));
        failpoint("migrate_before_commit");
        session().run_script("commit");
        failpoint("migrate_after_commit");
    } catch (...) {
        session().roll_back();
        throw;
    }
}

void require_schema(PostgresMigrations& target, std::span<EmbeddedFile const> files)
{
    auto const known = static_cast<int>(read_migrations(files, Dialect::postgres).size());
    auto const applied = target.look();
    refuse_too_new(applied, known);
    auto const version = applied.empty() ? 0 : applied.back().version;
    if (version >= known) return;
    throw SchemaTooOld("the database has schema " + std::to_string(version) + " and this binary needs schema " + std::to_string(known) +
                       ": run `pollux migrate`");
}

} // namespace pollux::db
