// Migration 0005 keeps what is there, and older binaries can go on.
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

namespace pollux::test {
namespace {

constexpr std::size_t versions_before = 4;

class ByUserMigration : public ::testing::Test {
protected:
    ByUserMigration()
    {
        if (!tests_run_on_postgres()) file.emplace(db::SqliteOptions{.file = folder / "pollux.sqlite"});
        if (tests_run_on_postgres()) place.emplace(PostgresCluster::shared());
    }

    void migrate(std::span<EmbeddedFile const> files)
    {
        if (place) {
            db::PostgresMigrations target(place->url());
            db::migrate(target, files);
        } else {
            db::SqliteMigrations target(*file, {});
            db::migrate(target, files);
        }
    }

    void run(std::string const& script)
    {
        if (place) {
            PostgresControl(place->url()).run(script);
        } else {
            db::sqlite::Connection(folder / "pollux.sqlite", db::sqlite::Role::writer, 1024, clock).run_script(script);
        }
    }
    std::string cell(std::string const& sql)
    {
        if (place) return PostgresControl(place->url()).run(sql);
        auto const rows = db::sqlite::Connection(folder / "pollux.sqlite", db::sqlite::Role::writer, 1024, clock).run(sql);
        return rows.empty() ? "" : rows.front().only().text();
    }

    TempFolder folder;
    Clock const clock;
    std::optional<db::SqliteDatabase> file;
    std::optional<PostgresTestDatabase> place;
};

TEST_F(ByUserMigration, keeps_what_is_there)
{
    migrate(pollux_migrations_files().first(versions_before));
    run("insert into users (id, mobile, date_joined) values (3, '+1', 0), (4, '+2', 0);"
        "insert into rooms (id, user_id, name, is_named, system_prompt, pinned, created_at, updated_at) values (7, 3, '', 0, '', 0, 0, 0);"
        "insert into messages (id, room_id, user_id, role, status, content, created_at) values (9, 7, 3, 'user', 'completed', 'hello', 0);"
        "insert into jobs (id, kind, user_id, room_id, message_id, state, created_at) values (11, 'reply', 3, 7, 9, 'waiting', 0);"
        "insert into ended_sessions values (5, 3, 77), (6, 4, 78);"
        "insert into reset_tokens values ('hash', 4, 99)");
    migrate(pollux_migrations_files());
    EXPECT_EQ(cell("select user_id || ' ' || room_id || ' ' || content from messages"), "3 7 hello");
    EXPECT_EQ(cell("select id || ' ' || message_id from jobs"), "11 9");
    EXPECT_EQ(cell("select sum(session_id * user_id) || ' ' || sum(ended_at) from ended_sessions"), "39 155");
    EXPECT_EQ(cell("select token_hash || ' ' || user_id || ' ' || expires_at from reset_tokens"), "hash 4 99");
    EXPECT_EQ(cell("insert into messages (room_id, user_id, role, status, content, created_at) values (7, 3, 'user', 'completed', '', 0) "
                   "returning cast(id as text)"),
              place ? "1" : "10")
        << "ids go on as before";
}

TEST_F(ByUserMigration, keeps_the_old_statements_that_name_a_constraint)
{
    migrate(pollux_migrations_files());
    std::string const end =
        "insert into ended_sessions (session_id, user_id, ended_at) values (5, 3, 77) on conflict (session_id) do nothing";
    run(end);
    run(end);
    EXPECT_EQ(cell("select cast(count(*) as text) from ended_sessions"), "1");
}

} // namespace
} // namespace pollux::test
