// Migrations 0005 and 0010 keep what is there, and older binaries can go on.
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

namespace pollux::test {
namespace {

constexpr std::size_t versions_before = 4;
constexpr std::size_t versions_before_plans = 9;

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

// Who was given a plan by hand, before there were grants, keeps it.
TEST_F(ByUserMigration, makes_plans_that_were_given_by_hand_grants)
{
    migrate(pollux_migrations_files().first(versions_before_plans));
    run("insert into plans (name, messages_per_day, requests_per_minute, models, context_tokens, message_characters_max, replies_at_once) "
        "values ('basic', 5, 120, '*', 1, 1, 2), ('pro', 1000, 60, '*', 1, 1, 2), ('house', 9, 9, '*', 1, 1, 2);"
        "insert into users (id, mobile, tier, date_joined) values (3, '+1', 'basic', 0), (4, '+2', 'pro', 0), (5, '+3', 'house', 0), "
        "(6, 'gone:6', 'gone', 0), (7, '+4', 'lost', 0)");
    migrate(pollux_migrations_files());
    auto const all = [this](std::string const& what, std::string const& from) {
        std::string list;
        for (int id = 3; id <= 7; ++id) {
            auto const found = cell("select " + what + " from " + from + " = " + std::to_string(id));
            list.append(id == 3 ? "" : ",").append(found);
        }
        return list;
    };
    EXPECT_EQ(all("tier", "users where id"), "basic,pro,house,gone,lost");
    EXPECT_EQ(all("plan", "grants where user_id"), ",pro,house,,");
    EXPECT_EQ(all("actor || ':' || detail", "audit where user_id"), ",migration:pro without end,migration:house without end,,");
    EXPECT_EQ(cell("select title || rank || is_public from plans where name = 'basic'"), "Basic01");
    EXPECT_EQ(cell("select title || rank || is_public from plans where name = 'pro'"), "Pro11");
    EXPECT_EQ(cell("select title || rank || is_public from plans where name = 'house'"), "house10") << "above basic, and shown to nobody";
    // What older binaries write, whose statements know none of it.
    run("insert into plans (name, messages_per_day, requests_per_minute, models, context_tokens, message_characters_max, replies_at_once, "
        "rooms_max) values ('new', 5, 120, '*', 1, 1, 2, 3);"
        "update users set tier = 'gone' where id = 5; delete from users where id = 4");
    EXPECT_EQ(cell("select cast(count(*) as text) from grants"), "1") << "it goes with its user";
}

} // namespace
} // namespace pollux::test
