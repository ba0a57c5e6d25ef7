// What the tests of the SQLite driver stand on: a real SQLite file in a temporary folder, with the whole schema, a clock that the test
// holds and a loop that runs coroutines.
//
//     TempSqlite temp;
//     ChatStore store(temp.database());
//     auto room = temp.run(store.create(user, "name"));
//     temp.clock().advance(24h);
//     auto rows = temp.run(temp.database().read("select count(*) from rooms"));
#pragma once

#include "db/migrator.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_folder.hpp"
#include "support/test_loop.hpp"

namespace pollux::test {

class TempSqlite {
public:
    explicit TempSqlite(std::span<EmbeddedFile const> migrations = pollux_migrations_files())
        : database_({.file = folder_ / "pollux.sqlite", .clock = &clock_})
    {
        db::SqliteMigrations target(database_, {});
        db::migrate(target, migrations);
    }

    db::SqliteDatabase& database() { return database_; }
    FakeClock& clock() { return clock_; }
    TestLoop& loop() { return loop_; }
    TempFolder const& folder() const { return folder_; }

    template <class T>
    T run(asio::awaitable<T> work)
    {
        return loop_.run(std::move(work));
    }
    void run(asio::awaitable<void> work) { loop_.run(std::move(work)); }

private:
    TempFolder folder_;
    FakeClock clock_;
    TestLoop loop_; // Before the database: it must outlive it.
    db::SqliteDatabase database_;
};

} // namespace pollux::test
