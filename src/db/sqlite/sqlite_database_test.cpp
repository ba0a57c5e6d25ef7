#include "support/temp_sqlite.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <fstream>
#include <thread>

#include <sys/resource.h>

namespace pollux::db {
namespace {

using test::TempFolder;
using test::TempSqlite;
using test::TestLoop;

constexpr EmbeddedFile schema_files[] = {{"0001_notes.sql",
                                          "-- works-with: 1\n"
                                          "create table notes (id {{identity}}, text text not null unique, size bigint);\n"
                                          "create table tags (note_id bigint not null references notes (id), name text not null);"}};

class SqliteDatabaseTest : public testing::Test {
protected:
    std::int64_t count() { return temp.run(database.read("select count(*) from notes")).front().only().integer(); }

    TestLoop other; // Outlives the database, as every loop must that waits for writes.
    TempSqlite temp{schema_files};
    SqliteDatabase& database = temp.database();
};

asio::awaitable<Result<std::int64_t>> add_note(Transaction& transaction, std::string text)
{
    auto rows = co_await transaction.run("insert into notes (text) values ($1) returning id", text);
    co_return rows.front().only().integer();
}

asio::awaitable<Result<std::int64_t>> add_and_refuse(Transaction& transaction, std::string text)
{
    co_await transaction.run("insert into notes (text) values ($1)", text);
    co_return not_found("note");
}

asio::awaitable<Result<std::int64_t>> add_and_throw(Transaction& transaction, std::string text)
{
    co_await transaction.run("insert into notes (text) values ($1)", text);
    throw std::runtime_error("accident");
}

asio::awaitable<int> add_twice_and_carry_on(Transaction& transaction)
{
    co_await transaction.run("insert into notes (text) values ('one')");
    bool failed = false;
    try {
        co_await transaction.run("insert into notes (text) values ('one')");
    } catch (StatementError const&) {
        failed = true;
    }
    co_return failed ? 1 : 0;
}

TEST_F(SqliteDatabaseTest, parameters_are_bound_by_their_number_whatever_the_order_of_appearance)
{
    auto rows = temp.run(database.read("select $3, $1, $2, $1", 1, "two", true));
    ASSERT_EQ(rows.size(), 1u);
    enum : std::size_t { third, first, second, first_again };
    EXPECT_EQ(rows.front().integer(third), 1);
    EXPECT_EQ(rows.front().integer(first), 1);
    EXPECT_EQ(rows.front().text(second), "two");
    EXPECT_EQ(rows.front().integer(first_again), 1);
}

TEST_F(SqliteDatabaseTest, a_statement_need_not_use_all_its_parameters_but_is_given_all)
{
    EXPECT_EQ(temp.run(database.read("select 1 where $3 = 1 and $1 = 'a'", "a", "unused", 1)).size(), 1u);
    EXPECT_THROW(temp.run(database.read("select 1 where $3 = 1", "a")), StatementError);
    EXPECT_THROW(temp.run(database.read("select 1 where $1 = 1", 1, "one too many")), StatementError);
    EXPECT_THROW(temp.run(database.read("select 1 where $0 = 1", 1)), StatementError);
    EXPECT_THROW(temp.run(database.read("select 1 where $99999 = 1", 1)), StatementError);
}

TEST_F(SqliteDatabaseTest, every_kind_of_value_comes_back)
{
    std::string const bytes("a\0\xff", 3);
    auto rows = temp.run(database.read("select $1, $2, $3, $4, $5", std::optional<int>(), INT64_MIN, 0.5, bytes, ""));
    auto row = rows.front();
    enum : std::size_t { null, least, real, text, nothing };
    EXPECT_TRUE(row.is_null(null));
    EXPECT_EQ(row.integer(least), INT64_MIN);
    EXPECT_EQ(row.text(text), bytes);
    EXPECT_EQ(row.text(nothing), "");
}

TEST_F(SqliteDatabaseTest, a_wrong_number_of_values_is_refused)
{
    EXPECT_THROW(temp.run(database.read("select $1, $2", 1)), StatementError);
    EXPECT_THROW(temp.run(database.read("select $1", 1, 2)), StatementError);
    EXPECT_THROW(temp.run(database.read("select ?", 1)), StatementError);
    EXPECT_THROW(temp.run(database.read("select :name", 1)), StatementError);
    EXPECT_THROW(temp.run(database.read("select 1; select 2")), StatementError);
    EXPECT_THROW(temp.run(database.read("select \"text\"")), StatementError);
}

TEST_F(SqliteDatabaseTest, now_us_is_the_clock_of_the_database)
{
    temp.clock().advance(std::chrono::microseconds(7));
    auto const now = micros(temp.clock().now());
    temp.run(database.write("insert into notes (text, size) values ('a', now_us())"));
    EXPECT_EQ(temp.run(database.read("select size from notes")).front().only().integer(), now);
    EXPECT_EQ(temp.run(database.read("select now_us()")).front().only().integer(), now);
    EXPECT_EQ(temp.run(database.write("update notes set size = now_us() + 1")).changed(), 1);
}

TEST_F(SqliteDatabaseTest, now_us_may_be_compared_with_by_index)
{
    temp.run(database.write("create index notes_by_size on notes (size)"));
    auto plan = temp.run(database.read("explain query plan select id from notes where size <= now_us() order by size"));
    enum : std::size_t { id, parent, unused, detail };
    auto const& step = plan.front().text(detail);
    EXPECT_NE(step.find("SEARCH notes USING"), std::string::npos) << step;
}

TEST_F(SqliteDatabaseTest, a_write_returns_rows_and_how_many_it_changed)
{
    auto rows = temp.run(database.write("insert into notes (text) values ('a'), ('b') returning id, text"));
    ASSERT_EQ(rows.size(), 2u);
    enum : std::size_t { id, text };
    EXPECT_EQ(rows[1].text(text), "b");
    EXPECT_EQ(rows.changed(), 2);
    EXPECT_EQ(temp.run(database.write("delete from notes where text = 'z'")).changed(), 0);
    EXPECT_EQ(temp.run(database.read("select 1")).changed(), 0);
}

TEST_F(SqliteDatabaseTest, a_unit_is_kept_when_it_returns_a_value)
{
    auto id = temp.run(database.transact([](Transaction& transaction) { return add_note(transaction, "a"); }));
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(temp.run(database.read("select text from notes where id = $1", *id)).front().only().text(), "a");
}

TEST_F(SqliteDatabaseTest, a_unit_that_refuses_or_throws_leaves_nothing)
{
    auto refused = temp.run(database.transact([](Transaction& transaction) { return add_and_refuse(transaction, "a"); }));
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code(), "note_not_found");
    EXPECT_THROW(temp.run(database.transact([](Transaction& transaction) { return add_and_throw(transaction, "a"); })), std::runtime_error);
    EXPECT_EQ(count(), 0);
}

TEST_F(SqliteDatabaseTest, a_unit_that_goes_on_after_a_failed_statement_is_rolled_back)
{
    EXPECT_THROW(temp.run(database.transact([](Transaction& transaction) { return add_twice_and_carry_on(transaction); })), StatementError);
    EXPECT_EQ(count(), 0);
}

TEST_F(SqliteDatabaseTest, constraints_are_statement_errors)
{
    EXPECT_THROW(temp.run(database.write("insert into notes (text) values (null)")), StatementError);
    EXPECT_THROW(temp.run(database.write("insert into tags (note_id, name) values (99, 'x')")), StatementError);
    EXPECT_THROW(temp.run(database.write("insert into nowhere values (1)")), StatementError);
}

TEST_F(SqliteDatabaseTest, reads_cannot_write)
{
    EXPECT_THROW(temp.run(database.read("insert into notes (text) values ('a')")), StatementError);
    EXPECT_THROW(temp.run(database.snapshot([](Transaction& transaction) { return add_note(transaction, "a"); })), StatementError);
    EXPECT_EQ(count(), 0);
}

asio::awaitable<bool> count_twice(Transaction& transaction, SqliteDatabase* database, TestLoop* other)
{
    auto before = co_await transaction.run("select count(*) from notes");
    std::thread writer([database, other] { other->run(database->write("insert into notes (text) values ('meanwhile')")); });
    writer.join();
    auto after = co_await transaction.run("select count(*) from notes");
    co_return before.front().only().integer() == after.front().only().integer();
}

TEST_F(SqliteDatabaseTest, a_snapshot_sees_one_moment)
{
    auto unit = [database = &database, other = &other](Transaction& transaction) { return count_twice(transaction, database, other); };
    EXPECT_TRUE(temp.run(database.snapshot(unit)));
    EXPECT_EQ(count(), 1);
}

TEST_F(SqliteDatabaseTest, a_read_on_any_thread_sees_what_was_written_before)
{
    constexpr int rounds = 200;
    int seen = 0;
    for (int round = 1; round <= rounds; ++round) {
        temp.run(database.write("insert into notes (text) values ($1)", std::to_string(round)));
        std::thread reader([&] {
            TestLoop loop;
            if (loop.run(database.read("select count(*) from notes")).front().only().integer() == round) ++seen;
        });
        reader.join();
    }
    EXPECT_EQ(seen, rounds);
}

asio::awaitable<int> use_database_inside(Transaction&, SqliteDatabase* database)
{
    auto rows = co_await database->read("select 1");
    co_return static_cast<int>(rows.front().only().integer());
}

TEST_F(SqliteDatabaseTest, the_database_is_refused_inside_of_a_unit)
{
    auto unit = [database = &database](Transaction& transaction) { return use_database_inside(transaction, database); };
    EXPECT_THROW(temp.run(database.transact(unit)), std::logic_error);
    EXPECT_THROW(temp.run(database.snapshot(unit)), std::logic_error);
    EXPECT_EQ(temp.run(database.read("select 1")).size(), 1u);
}

asio::awaitable<int> sleep_inside(Transaction&)
{
    // For longer than any machine stands still: what is over by the time it is looked for was not waited for.
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await timer.async_wait(asio::use_awaitable);
    co_return 0;
}

enum class Way { transact, snapshot };

void sleep_in_unit(std::filesystem::path const& file, Way way)
{
    TestLoop loop;
    SqliteDatabase database({.file = file});
    auto unit = [](Transaction& transaction) { return sleep_inside(transaction); };
    loop.run(way == Way::transact ? database.transact(unit) : database.snapshot(unit));
}

TEST(SqliteDeath, a_unit_that_awaits_something_else_ends_the_process)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    test::DeathTestFolder folder;
    EXPECT_DEATH(sleep_in_unit(folder.path() / "pollux.sqlite", Way::transact), "something other than its transaction");
    EXPECT_DEATH(sleep_in_unit(folder.path() / "pollux.sqlite", Way::snapshot), "something other than its transaction");
}

TEST_F(SqliteDatabaseTest, after_close_writes_are_refused_and_reads_go_on)
{
    database.close();
    EXPECT_THROW(temp.run(database.write("insert into notes (text) values ('a')")), Unavailable);
    EXPECT_EQ(count(), 0);
    database.close();
}

// What it is that is lacking when this much text is written.
std::optional<Lack> lack_for(TempSqlite& temp, std::size_t bytes)
{
    try {
        temp.run(temp.database().write("insert into notes (text) values ($1)", std::string(bytes, 'x')));
    } catch (Unavailable const& failure) {
        return failure.lack();
    }
    return std::nullopt;
}

TEST_F(SqliteDatabaseTest, when_it_is_full_writes_say_so_and_reads_go_on_and_space_mends_it)
{
    temp.run(database.write("insert into notes (text) values ('a')"));
    temp.run(database.write("pragma max_page_count = 1"));
    EXPECT_EQ(lack_for(temp, 1'000'000), Lack::space);
    EXPECT_EQ(count(), 1);
    temp.run(database.write("pragma max_page_count = 100000"));
    EXPECT_EQ(lack_for(temp, 1'000'000), std::nullopt);
    EXPECT_EQ(count(), 2);
}

// A limit on the size of files, until the end of the scope.
class FilesUpTo {
public:
    explicit FilesUpTo(rlim_t bytes) : before_handler_(std::signal(SIGXFSZ, SIG_IGN))
    {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FilesUpTo()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, before_handler_);
    }

private:
    rlimit before_{};
    void (*before_handler_)(int);
};

TEST_F(SqliteDatabaseTest, a_limit_on_the_size_of_files_is_a_full_disk)
{
    temp.run(database.write("insert into notes (text) values ('a')"));
    {
        FilesUpTo limit(64 * 1024);
        EXPECT_EQ(lack_for(temp, 1'000'000), Lack::space);
        EXPECT_EQ(count(), 1);
    }
    EXPECT_EQ(lack_for(temp, 1'000'000), std::nullopt);
    EXPECT_EQ(temp.run(database.read("pragma integrity_check")).front().only().text(), "ok");
}

TEST_F(SqliteDatabaseTest, the_file_and_its_companions_are_private)
{
    temp.run(database.write("insert into notes (text) values ('a')"));
    for (auto const* name : {"pollux.sqlite", "pollux.sqlite-wal", "pollux.sqlite-shm", "pollux.sqlite.lock"}) {
        auto const mode = std::filesystem::status(temp.folder() / name).permissions();
        EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write) << name;
    }
}

TEST_F(SqliteDatabaseTest, a_second_opener_is_told_who_has_the_file)
{
    try {
        SqliteDatabase second({.file = database.file()});
        FAIL() << "opened twice";
    } catch (DatabaseInUse const& refusal) {
        EXPECT_NE(std::string(refusal.what()).find("process " + std::to_string(::getpid())), std::string::npos) << refusal.what();
    }
}

TEST(SqliteOpen, a_missing_folder_is_made_private_and_the_lock_ends_with_the_database)
{
    TempFolder folder;
    auto const data = folder / "data" / "deep";
    for (int round = 0; round < 2; ++round) {
        TestLoop loop;
        SqliteDatabase database({.file = data / "pollux.sqlite"});
        loop.run(database.write("create table if not exists notes (text text)"));
        loop.run(database.read("select count(*) from notes"));
        EXPECT_TRUE(std::filesystem::exists(data / "pollux.sqlite-wal"));
    }
    EXPECT_EQ(std::filesystem::status(data).permissions(), std::filesystem::perms::owner_all);
    EXPECT_FALSE(std::filesystem::exists(data / "pollux.sqlite-wal")) << "a clean close leaves one file";
}

TEST(SqliteOpen, what_is_not_a_database_is_unavailable)
{
    TempFolder folder;
    std::ofstream(folder / "pollux.sqlite") << std::string(5000, 'x');
    EXPECT_THROW(SqliteDatabase({.file = folder / "pollux.sqlite"}), Unavailable);
    EXPECT_THROW(SqliteDatabase({.file = folder / "pollux.sqlite" / "under" / "a_file"}), Unavailable);
}

} // namespace
} // namespace pollux::db
