// What the tests of a store stand on: a database with the whole schema, a clock that the test holds, which is the database's clock as
// well, and a loop that runs coroutines. It is a SQLite file in a temporary folder, or, with POLLUX_TEST_DATABASE=postgres, a database of
// its own in a private PostgreSQL: the same tests run on both.
//
//     TempDatabase temp;
//     ChatStore store(temp.database());
//     auto room = temp.run(store.create(user, "name"));
//     temp.clock().advance(24h);
//     auto rows = temp.run(temp.database().read("select count(*) from rooms"));
#pragma once

#include "db/migrator.hpp"
#include "db/postgres/postgres_database.hpp"
#include "db/postgres/postgres_migrations.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/postgres_cluster.hpp"
#include "support/temp_folder.hpp"
#include "support/test_loop.hpp"

#include <optional>

namespace pollux::test {

inline bool tests_run_on_postgres()
{
    char const* chosen = std::getenv("POLLUX_TEST_DATABASE");
    return chosen != nullptr && std::string_view(chosen) == "postgres";
}

inline bool is_deep()
{
    char const* deep = std::getenv("POLLUX_DEEP");
    return deep != nullptr && std::string_view(deep) == "1";
}

// What takes long and is the same on both databases is run on PostgreSQL by ./test --deep alone.
inline bool is_left_to_deep_runs()
{
    return tests_run_on_postgres() && !is_deep();
}

// A database of the cluster that holds the schema, to be copied; made by whoever comes first. Its now_us() tells what the test's
// clock was set to.
inline std::string const& postgres_template(PostgresCluster const& cluster)
{
    static std::string const name = [&cluster] {
        std::string const made = "pollux_template";
        PostgresControl control(cluster.url);
        control.run("select pg_advisory_lock(1)");
        if (!control.run("select 1 from pg_database where datname = '" + made + "'").empty()) return made;
        std::string const raw = made + "_raw";
        control.run("drop database if exists " + raw + " with (force)");
        control.run("create database " + raw);
        {
            db::PostgresMigrations target(cluster.url_of(raw));
            db::migrate(target, pollux_migrations_files());
        }
        {
            PostgresControl inside(cluster.url_of(raw));
            inside.run("create table test_clock (us bigint not null); insert into test_clock values (0)");
            inside.run("create or replace function now_us() returns bigint language sql stable as 'select us from test_clock'");
        }
        // Sessions of others end a little after their connections.
        control.run("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '" + raw + "'");
        control.run("alter database " + raw + " rename to " + made);
        return made;
    }();
    return name;
}

// The limits of the product bound what a user waits. Tests of what a store does wait as long as it takes, so that a busy machine fails
// none of them; those of the limits themselves (tests/postgres) open their database with the product's.
inline db::PostgresLimits patient_limits()
{
    using namespace std::chrono_literals;
    db::PostgresLimits limits;
    limits.connection_wait_max = 60s;
    limits.call_max = 90s;
    limits.statement_max = 60s;
    limits.lock_wait_max = 60s;
    limits.idle_in_transaction_max = 60s;
    limits.pulse_answer_max = 30s;
    return limits;
}

class TempDatabase {
public:
    TempDatabase()
    {
        if (tests_run_on_postgres()) {
            open_postgres();
        } else {
            open_sqlite();
        }
    }
    ~TempDatabase()
    {
        clock_.on_change({});
        database_->close();
    }

    db::Database& database() { return *database_; }
    // The same database, on PostgreSQL, with the limits that hold in production. The caller closes it.
    std::unique_ptr<db::Database> as_in_production()
    {
        return std::make_unique<db::PostgresDatabase>(db::PostgresOptions{.url = postgres_.value().url()});
    }
    FakeClock& clock() { return clock_; }
    TestLoop& loop() { return loop_; }

    template <class T>
    T run(asio::awaitable<T> work)
    {
        return loop_.run(std::move(work));
    }
    void run(asio::awaitable<void> work) { loop_.run(std::move(work)); }

private:
    void open_sqlite()
    {
        auto sqlite =
            std::make_unique<db::SqliteDatabase>(db::SqliteOptions{.file = folder_.emplace() / "pollux.sqlite", .clock = &clock_});
        db::SqliteMigrations target(*sqlite, {});
        db::migrate(target, pollux_migrations_files());
        database_ = std::move(sqlite);
    }

    void open_postgres()
    {
        auto const& cluster = PostgresCluster::shared();
        postgres_.emplace(cluster, postgres_template(cluster));
        control_.emplace(postgres_->url());
        auto tell = [this](Time now) { control_->run("update test_clock set us = " + std::to_string(micros(now))); };
        tell(clock_.now());
        clock_.on_change(tell);
        database_ = std::make_unique<db::PostgresDatabase>(db::PostgresOptions{.url = postgres_->url(), .limits = patient_limits()});
    }

    std::optional<TempFolder> folder_;
    std::optional<PostgresTestDatabase> postgres_;
    std::optional<PostgresControl> control_;
    FakeClock clock_;
    TestLoop loop_; // Before the database: it must outlive it.
    std::unique_ptr<db::Database> database_;
};

} // namespace pollux::test
