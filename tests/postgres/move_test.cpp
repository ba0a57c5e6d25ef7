// From an embedded database to PostgreSQL.
#include "db/move/move.hpp"

#include "db/migrator.hpp"
#include "db/move/sqlite_source.hpp"
#include "db/postgres/postgres_migrations.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"
#include "support/postgres_cluster.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <limits>
#include <map>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace pollux::test {
namespace {

using db::MoveRefused;

constexpr int rows_filled = 5;

// What is easily lost on the way. All differ, for columns that must be unique.
std::string const texts[rows_filled] = {"", "Grüße, 世界 🌍 ‮ e\u0301", "tab\t line\n return\r back\\slash \\N \\.",
                                        "\x01\b\f\v'\"$1 {\"a\": [null]}", std::string(100'000, 'x') + "é"};
constexpr std::size_t key_bytes_max = 600;
std::int64_t const numbers[rows_filled] = {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(), 0, -7, 42};

std::string literal(std::string text)
{
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) text.insert(at, 1, '\'');
    return "'" + text + "'";
}

class Move : public ::testing::Test {
protected:
    Move() { migrate_source(pollux_migrations_files()); }

    void migrate_source(std::span<EmbeddedFile const> migrations)
    {
        db::SqliteDatabase database({.file = file});
        db::SqliteMigrations schema(database, {});
        db::migrate(schema, migrations);
    }

    void in_source(std::string const& script)
    {
        Clock const clock;
        db::sqlite::Connection(file, db::sqlite::Role::writer, 1024, clock).run_script(script);
    }

    // Some rows in every table that there is, one of them with NULL wherever that may stand.
    void fill_source()
    {
        std::string script = "begin;";
        {
            Clock const clock;
            db::SqliteSource source(file);
            db::sqlite::Connection schema(file, db::sqlite::Role::reader, 1024, clock);
            for (auto const& table : source.tables()) {
                auto const columns =
                    schema.run("select c.name, c.type, c.\"notnull\", c.pk, f.\"from\" is not null from pragma_table_info($1) c "
                               "left join pragma_foreign_key_list($1) f on f.\"from\" = c.name order by c.cid",
                               db::params(table.name));
                for (int row = 0; row < rows_filled; ++row) script += insert_of(table.name, columns, row);
            }
        }
        in_source(script + "commit;");
    }

    enum class Column : std::size_t { name, type, not_null, pk, is_reference };

    static std::string insert_of(std::string const& table, db::Rows const& columns, int row)
    {
        std::string values;
        for (std::size_t index = 0; index < columns.size(); ++index) {
            auto const column = columns[index];
            auto const& type = column.text(Column::type);
            bool const is_identity = type == "INTEGER" && column.boolean(Column::pk);
            bool const is_nullable = !column.boolean(Column::not_null) && !column.boolean(Column::pk);
            values += index == 0 ? "" : ", ";
            if (is_identity || column.boolean(Column::is_reference) || column.text(Column::name) == "user_id") {
                values += std::to_string(row + 1);
            } else if (is_nullable && row == 0) {
                values += "null";
            } else if (type == "TEXT") {
                // A row of an index of PostgreSQL's has 2,704 bytes at most.
                values += literal(column.boolean(Column::pk) ? texts[row].substr(0, key_bytes_max) : texts[row]);
            } else {
                values += type == "smallint" ? std::to_string(-row) : std::to_string(numbers[row]);
            }
        }
        return "insert into " + db::quoted(table) + " values (" + values + ");";
    }

    db::MoveEvents events()
    {
        return {.began = [](std::string const&) {},
                .copied = [](std::string const&, std::int64_t, std::int64_t) {},
                .compared =
                    [this](std::string const& table, db::Tally const& source, db::Tally const& target) {
                        moved[table] = source.rows();
                        if (source == target) EXPECT_EQ(source.checksum(), target.checksum());
                    }};
    }
    db::MoveOptions options() const
    {
        return {.file = file, .url = place.url(), .migrations = pollux_migrations_files(), .seeded_tables = {"plans"}};
    }
    std::int64_t move() { return db::move_to_postgres(options(), events()); }

    std::string refusal()
    {
        try {
            move();
        } catch (std::exception const& what) {
            EXPECT_EQ(std::string(what.what()).find('\n'), std::string::npos);
            return what.what();
        }
        ADD_FAILURE() << "moved";
        return {};
    }

    void migrate_target()
    {
        db::PostgresMigrations schema(place.url());
        db::migrate(schema, pollux_migrations_files());
    }
    std::string in_target(std::string const& sql) { return PostgresControl(place.url()).run(sql); }

    TempFolder folder;
    std::filesystem::path const file = folder / "pollux.sqlite3";
    PostgresTestDatabase place{PostgresCluster::shared()};
    std::map<std::string, std::int64_t> moved;
};

TEST_F(Move, takes_every_value_of_every_table)
{
    fill_source();
    auto const rows = move();
    EXPECT_GE(moved.size(), 12u);
    EXPECT_EQ(rows, std::int64_t(moved.size()) * rows_filled);
    for (auto const& [table, count] : moved) {
        EXPECT_EQ(count, rows_filled) << table;
        EXPECT_EQ(in_target("select count(*) from " + table), std::to_string(rows_filled)) << table;
    }
    for (int row = 0; row < rows_filled; ++row) {
        auto const id = std::to_string(row + 1);
        EXPECT_EQ(in_target("select mobile from users where id = " + id), texts[row]);
        EXPECT_EQ(in_target("select rooms_version from users where id = " + id), std::to_string(numbers[row]));
        EXPECT_EQ(in_target("select is_verified from users where id = " + id), std::to_string(-row));
        EXPECT_EQ(in_target("select name is null from users where id = " + id), row == 0 ? "t" : "f");
    }
    EXPECT_EQ(in_target("select string_agg(user_id::text, ' ' order by id) from rooms"), "1 2 3 4 5");
}

TEST_F(Move, leaves_the_source_as_it_was)
{
    fill_source();
    auto const before = std::filesystem::file_size(file);
    move();
    EXPECT_EQ(std::filesystem::file_size(file), before);
    EXPECT_NO_THROW(db::SqliteDatabase({.file = file}));
}

TEST_F(Move, takes_more_rows_than_are_sent_at_once)
{
    in_source("with recursive n (i) as (select 1 union all select i + 1 from n where i < 30000) "
              "insert into code_numbers select 'key ' || i, i from n");
    EXPECT_EQ(move(), 30'000);
    EXPECT_EQ(in_target("select count(distinct mobile_key) || ' ' || sum(touched_at) from code_numbers"), "30000 450015000");
}

TEST_F(Move, numbers_go_on_where_the_source_stood)
{
    in_source(
        "insert into users (id, mobile, date_joined) values (3, 'a', 0), (900, 'b', 0); delete from users where id = 900;"
        "insert into rooms (id, user_id, name, is_named, system_prompt, pinned, created_at, updated_at) values (70, 3, '', 0, '', 0, 0, 0);"
        "delete from rooms");
    move();
    std::string const insert_user = "insert into users (mobile, date_joined) values ('c', 0) returning id";
    EXPECT_EQ(in_target(insert_user), "901");
    std::string const insert_room = "insert into rooms (user_id, name, is_named, system_prompt, pinned, created_at, updated_at) "
                                    "values (3, '', 0, '', 0, 0, 0) returning id";
    EXPECT_EQ(in_target(insert_room), "71") << "no room is left, but there were 70";
    EXPECT_EQ(in_target("select nextval(pg_get_serial_sequence('messages', 'id'))"), "1") << "never used";
}

TEST_F(Move, never_lowers_a_number_of_the_target)
{
    in_source("insert into users (mobile, date_joined) values ('a', 0)");
    migrate_target();
    in_target("select setval(pg_get_serial_sequence('users', 'id'), 50)");
    move();
    EXPECT_EQ(in_target("select nextval(pg_get_serial_sequence('users', 'id'))"), "51");
}

TEST_F(Move, refuses_a_target_that_holds_rows_and_leaves_it_alone)
{
    fill_source();
    migrate_target();
    in_target("insert into code_numbers values ('theirs', 1)");
    EXPECT_NE(refusal().find("is not empty: table code_numbers has rows"), std::string::npos);
    EXPECT_EQ(in_target("select string_agg(mobile_key, ' ') from code_numbers"), "theirs");
    EXPECT_EQ(in_target("select count(*) from users"), "0");
}

TEST_F(Move, does_not_migrate_a_target_that_is_in_use)
{
    {
        db::PostgresMigrations schema(place.url());
        db::migrate(schema, pollux_migrations_files().first(1));
    }
    in_target("insert into users (mobile, date_joined) values ('theirs', 1)");
    EXPECT_NE(refusal().find("table users has rows"), std::string::npos);
    EXPECT_EQ(in_target("select max(version) from schema_migrations"), "1");
}

TEST_F(Move, the_sources_plans_win)
{
    migrate_target();
    std::string const into = "insert into plans (name, messages_per_day, requests_per_minute, models, context_tokens, "
                             "message_characters_max, replies_at_once, rooms_max)";
    in_target(into + " values ('basic', 1, 1, '*', 1, 1, 1, 1), ('theirs', 1, 1, '*', 1, 1, 1, 1)");
    in_source(into + " values ('basic', 77, 1, '*', 1, 1, 1, 1), ('pro', 1, 1, '*', 1, 1, 1, 1)");
    EXPECT_EQ(move(), 2);
    EXPECT_EQ(in_target("select string_agg(name || messages_per_day, ' ' order by name) from plans"), "basic77 pro1");
}

TEST_F(Move, is_refused_while_a_server_runs_on_the_source)
{
    db::SqliteDatabase const server({.file = file});
    EXPECT_THROW(move(), db::DatabaseInUse);
    EXPECT_NE(refusal().find("is in use by process " + std::to_string(::getpid())), std::string::npos);
    EXPECT_EQ(in_target("select to_regclass('users') is null"), "t") << "the target was touched";
}

TEST_F(Move, wants_a_source_that_is_there_and_has_this_binarys_schema)
{
    in_source("delete from schema_migrations where version = (select max(version) from schema_migrations)");
    EXPECT_NE(refusal().find("run `pollux migrate` with DATABASE_URL naming that file first"), std::string::npos);
    in_source("insert into schema_migrations values (9999, 'later', 1, 0)");
    EXPECT_NE(refusal().find("move with the newer binary"), std::string::npos);
    EXPECT_EQ(in_target("select to_regclass('users') is null"), "t") << "the target was touched";

    auto missing = options();
    missing.file = folder / "no_such.sqlite3";
    EXPECT_THROW(db::move_to_postgres(missing, events()), db::Unavailable);
    EXPECT_FALSE(std::filesystem::exists(missing.file));
    EXPECT_FALSE(std::filesystem::exists(missing.file.string() + ".lock"));
}

TEST_F(Move, notices_what_arrives_otherwise_and_takes_all_back)
{
    fill_source();
    migrate_target();
    std::string const returns[] = {"new.mobile = new.mobile || ' '; return new", "new.date_joined = null; new.date_joined = 5; return new",
                                   "return case when new.id <> 5 then new end"};
    // Those who are kept out would be missed by what refers to them.
    in_target("do $$ declare each record; begin for each in select conrelid::regclass as place, conname as name from pg_constraint "
              "where contype = 'f' and confrelid = 'users'::regclass loop "
              "execute format('alter table %s drop constraint %I', each.place, each.name); end loop; end $$");
    for (auto const& body : returns) {
        in_target("create or replace function bend() returns trigger language plpgsql as $$ begin " + body + "; end $$");
        in_target("create or replace trigger bend before insert on users for each row execute function bend()");
        EXPECT_NE(refusal().find("table users arrived otherwise than it was sent, so nothing was moved"), std::string::npos) << body;
        EXPECT_EQ(in_target("select (select count(*) from users) + (select count(*) from rooms)"), "0") << body;
    }
    in_target("drop trigger bend on users");
    EXPECT_EQ(move(), std::int64_t(moved.size()) * rows_filled);
}

TEST_F(Move, names_what_postgres_cannot_store)
{
    in_source("insert into users (id, mobile, date_joined) values (7, 'a', 0), (8, 'b' || char(0), 0)");
    EXPECT_NE(refusal().find("table users, id = 8: mobile holds U+0000, which PostgreSQL cannot store"), std::string::npos);
    in_source("update users set mobile = cast(x'62ff' as text) where id = 8");
    EXPECT_NE(refusal().find("table users, id = 8: mobile holds bytes that are not UTF-8"), std::string::npos);
    EXPECT_EQ(in_target("select count(*) from users"), "0");
    in_source("update users set mobile = 'b' where id = 8");
    EXPECT_EQ(move(), 2);
}

TEST_F(Move, takes_sums_that_have_left_64_bits_as_the_largest_there_is)
{
    in_source("insert into users (id, mobile, date_joined) values (7, 'a', 0);"
              "insert into usage_days (user_id, day, used, prompt_tokens, completion_tokens, thought_tokens) "
              "values (7, 1, 1, 9223372036854775807, -9223372036854775807, 5);"
              "update usage_days set prompt_tokens = prompt_tokens + 1, completion_tokens = completion_tokens - 7");
    move();
    EXPECT_EQ(in_target("select prompt_tokens || ' ' || completion_tokens || ' ' || thought_tokens from usage_days"),
              "1000000000000000 0 5");
}

TEST_F(Move, of_two_at_once_one_is_refused)
{
    fill_source();
    auto other = options();
    other.file = folder / "other.sqlite3";
    std::filesystem::copy_file(file, other.file);
    std::atomic<int> done = 0;
    std::atomic<int> refused = 0;
    auto const try_one = [&](db::MoveOptions const& chosen) {
        auto quiet = events();
        quiet.compared = [](auto const&...) {};
        try {
            db::move_to_postgres(chosen, quiet);
            ++done;
        } catch (MoveRefused const&) {
            ++refused;
        }
    };
    std::thread second([&] { try_one(other); });
    try_one(options());
    second.join();
    EXPECT_EQ(done, 1);
    EXPECT_EQ(refused, 1);
    EXPECT_EQ(in_target("select count(*) from users"), std::to_string(rows_filled));
}

// A move in a process of its own, which is killed in the middle of the event.
void move_and_die(db::MoveOptions const& options, db::MoveEvents const& deadly)
{
    auto const child = ::fork();
    if (child == 0) {
        try {
            db::move_to_postgres(options, deadly);
        } catch (std::exception const&) {
            std::_Exit(1);
        }
        std::_Exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it was not killed, but ended with " << status;
}

TEST_F(Move, killed_at_any_moment_leaves_an_empty_database_and_can_be_made_again)
{
    fill_source();
    auto in_the_middle = events();
    in_the_middle.copied = [](std::string const& table, std::int64_t rows, std::int64_t) {
        if (table == "users" && rows > 0) ::raise(SIGKILL);
    };
    auto before_commit = events();
    before_commit.compared = [](std::string const& table, auto const&...) {
        if (table == "users") ::raise(SIGKILL);
    };
    for (auto const& deadly : {in_the_middle, before_commit}) {
        move_and_die(options(), deadly);
        for (std::string table : {"users", "plans", "code_numbers"}) EXPECT_EQ(in_target("select count(*) from " + table), "0") << table;
    }
    EXPECT_EQ(move(), std::int64_t(moved.size()) * rows_filled);
    EXPECT_EQ(in_target("insert into users (mobile, date_joined) values ('next', 0) returning id"), std::to_string(rows_filled + 1));
}

} // namespace
} // namespace pollux::test
