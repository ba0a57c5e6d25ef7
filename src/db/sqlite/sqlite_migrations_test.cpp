#include "db/sqlite/sqlite_migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_folder.hpp"
#include "support/test_loop.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>

namespace pollux::db {
namespace {

using test::DeathTestFolder;
using test::FakeClock;
using test::TempFolder;
using test::TestLoop;

// A semicolon inside of a string, of a comment and of a trigger: the whole script goes to SQLite, which knows.
constexpr EmbeddedFile files[] = {
    {"0001_notes.sql", "-- works-with: 1\n"
                       "create table notes (id {{identity}}, text text not null); -- one; two\n"
                       "create table log (text text);\n"
                       "create trigger noted after insert on notes begin insert into log values (new.text || ';'); select 1; end;\n"
                       "insert into notes (text) values ('a;b');"},
    {"0002_tags.sql", "-- works-with: 1\ncreate table tags (note_id bigint references notes (id));"},
    {"0003_more.sql", "-- works-with: 2\ninsert into notes (text) values ('third');"},
    {"0004_more.sql", "-- works-with: 2\ninsert into notes (text) values ('fourth');"},
    {"0005_more.sql", "-- works-with: 2\ninsert into notes (text) values ('fifth');"},
};

class SqliteMigrationsTest : public testing::Test {
protected:
    Migrated migrate_to(std::size_t count) { return migrate_with(std::span(files).first(count)); }

    Migrated migrate_with(std::span<EmbeddedFile const> some)
    {
        SqliteMigrations target(database, folder / "backups");
        return migrate(target, some);
    }

    std::string text(Sql sql)
    {
        auto rows = loop.run(database.read(sql));
        return rows.empty() || rows.front().only().is_null() ? "" : rows.front().only().text();
    }

    // Names in the backups folder without the time in them.
    std::multiset<std::string> copies()
    {
        std::multiset<std::string> names;
        if (!std::filesystem::exists(folder / "backups")) return names;
        for (auto const& entry : std::filesystem::directory_iterator(folder / "backups")) {
            auto const name = entry.path().filename().string();
            auto const version = name.find("-schema");
            names.insert(version == std::string::npos ? name : name.substr(version));
        }
        return names;
    }

    TempFolder folder;
    FakeClock clock;
    TestLoop loop;
    SqliteDatabase database{{.file = folder / "pollux.sqlite", .clock = &clock}};
};

TEST_F(SqliteMigrationsTest, a_fresh_database_gets_everything_and_a_row_for_each)
{
    EXPECT_EQ(migrate_to(2).version, 2);
    EXPECT_EQ(text("select text from notes"), "a;b");
    EXPECT_EQ(text("select text from log"), "a;b;");
    EXPECT_EQ(text("select group_concat(version || ' ' || name || ' ' || works_with) from schema_migrations"),
              "1 0001_notes 1,2 0002_tags 1");
    auto at = loop.run(database.read("select distinct applied_at from schema_migrations"));
    ASSERT_EQ(at.size(), 1u);
    EXPECT_EQ(at.front().only().time(), clock.now());
    EXPECT_TRUE(copies().empty()) << "there was nothing to copy";
}

TEST_F(SqliteMigrationsTest, a_migration_that_fails_leaves_nothing_and_can_be_mended)
{
    constexpr EmbeddedFile wrong[] = {
        files[0], {"0002_tags.sql", "-- works-with: 1\ncreate table tags (id bigint); insert into nowhere values (1);"}};
    EXPECT_THROW(migrate_with(wrong), StatementError);
    EXPECT_EQ(text("select group_concat(name) from schema_migrations"), "0001_notes");
    EXPECT_EQ(text("select name from sqlite_master where name = 'tags'"), "");
    EXPECT_EQ(migrate_to(2).version_before, 1);
    EXPECT_EQ(text("select name from sqlite_master where name = 'tags'"), "tags");
}

TEST_F(SqliteMigrationsTest, a_script_may_not_end_its_transaction_nor_leave_a_dangling_reference)
{
    constexpr EmbeddedFile commits[] = {files[0], {"0002_x.sql", "-- works-with: 1\ncreate table x (id bigint); commit;"}};
    EXPECT_THROW(migrate_with(commits), BadMigration);
    EXPECT_EQ(text("select max(name) from schema_migrations"), "0001_notes");
}

TEST_F(SqliteMigrationsTest, foreign_keys_are_checked_at_the_end)
{
    migrate_to(2);
    constexpr EmbeddedFile dangling[] = {files[0], files[1], {"0003_x.sql", "-- works-with: 1\ninsert into tags (note_id) values (99);"}};
    EXPECT_THROW(migrate_with(dangling), StatementError);
    constexpr EmbeddedFile rebuild[] = {files[0],
                                        files[1],
                                        {"0003_x.sql", "-- works-with: 1\n"
                                                       "insert into tags (note_id) values (1);\n"
                                                       "create table other (id {{identity}}, text text not null);\n"
                                                       "insert into other (id, text) select id, text from notes;\n"
                                                       "drop table notes; alter table other rename to notes;"}};
    migrate_with(rebuild);
    EXPECT_EQ(text("select notes.text from tags join notes on notes.id = note_id"), "a;b");
}

TEST_F(SqliteMigrationsTest, a_copy_is_kept_before_each_migration_of_an_existing_database_the_last_three)
{
    std::filesystem::create_directories(folder / "backups");
    std::ofstream(folder / "backups" / "mine.txt") << "not ours";
    std::ofstream(folder / "backups" / "pollux-x-schema-0009.sqlite.partial") << "left by a crash";
    for (std::size_t version = 1; version <= 5; ++version) {
        migrate_to(version);
        clock.advance(std::chrono::hours(1));
    }
    EXPECT_EQ(copies(), (std::multiset<std::string>{"-schema-0002.sqlite", "-schema-0003.sqlite", "-schema-0004.sqlite", "mine.txt"}));

    for (auto const& entry : std::filesystem::directory_iterator(folder / "backups")) {
        if (!entry.path().string().ends_with("-schema-0003.sqlite")) continue;
        SqliteDatabase copy({.file = entry.path()});
        EXPECT_EQ(loop.run(copy.read("select max(version) from schema_migrations")).front().only().integer(), 3);
    }
}

TEST_F(SqliteMigrationsTest, a_start_that_fails_again_and_again_pushes_out_no_older_copy)
{
    migrate_to(1);
    migrate_to(2);
    constexpr EmbeddedFile wrong[] = {files[0], files[1], {"0003_x.sql", "-- works-with: 1\nselect nothing from nowhere;"}};
    for (int start = 0; start < 5; ++start) {
        clock.advance(std::chrono::hours(1));
        EXPECT_THROW(migrate_with(wrong), StatementError);
    }
    EXPECT_EQ(copies(), (std::multiset<std::string>{"-schema-0001.sqlite", "-schema-0002.sqlite"}));
}

TEST_F(SqliteMigrationsTest, the_database_serves_while_and_after_it_was_migrated)
{
    migrate_to(1);
    EXPECT_EQ(text("select text from notes where id = 1"), "a;b");
    loop.run(database.write("insert into notes (text) values ('before')"));
    constexpr EmbeddedFile wider[] = {files[0], {"0002_x.sql", "-- works-with: 1\nalter table notes add column size bigint;"}};
    migrate_with(wider);
    loop.run(database.write("insert into notes (text) values ('after')"));
    EXPECT_EQ(loop.run(database.read("select count(*) from notes where size is null")).front().only().integer(), 3);
}

void migrate_file(std::filesystem::path const& file)
{
    SqliteDatabase database({.file = file});
    SqliteMigrations target(database, file.parent_path() / "backups");
    migrate(target, files);
}

TEST(SqliteMigrationsDeath, a_migration_killed_anywhere_is_resumed)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    DeathTestFolder folder;
    auto const file = folder.path() / "pollux.sqlite";
    for (auto const* failpoint : {"migrate_before_commit:abort@1", "migrate_after_commit:abort@1", "backup_before_rename:abort@1",
                                  "migrate_after_copy:abort@1", "migrate_before_commit:abort@2", "migrate_after_commit:abort@2"}) {
        ::setenv("FAILPOINT", failpoint, 1);
        EXPECT_EXIT(migrate_file(file), testing::KilledBySignal(SIGKILL), "") << failpoint;
    }
    ::unsetenv("FAILPOINT");

    migrate_file(file);
    TestLoop loop;
    SqliteDatabase database({.file = file});
    EXPECT_EQ(loop.run(database.read("select group_concat(text) from (select text from notes order by id)")).front().only().text(),
              "a;b,third,fourth,fifth");
    EXPECT_EQ(loop.run(database.read("select count(*) from schema_migrations")).front().only().integer(), 5);
}

} // namespace
} // namespace pollux::db
