#include "support/one_group.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include <sys/resource.h>

namespace pollux::db {
namespace {

using test::OneGroup;
using test::TempSqlite;
using Works = std::vector<asio::awaitable<void>>;

constexpr EmbeddedFile schema_files[] = {
    {"0001_notes.sql", "-- works-with: 1\n"
                       "create table notes (id {{identity}}, text text not null unique);\n"
                       "create table tags (note_id bigint not null references notes (id) deferrable initially deferred);"}};

enum class Fate { keep, refuse, fail, break_reference };

// How a unit ended, as its caller saw it.
struct Seen {
    int kept = 0;
    int refused = 0;
    int statement_errors = 0;
    int unavailable = 0;
};

asio::awaitable<Result<int>> add(Transaction& transaction, std::string text, Fate fate)
{
    co_await transaction.run("insert into notes (text) values ($1)", text);
    if (fate == Fate::refuse) co_return not_found("note");
    if (fate == Fate::fail) co_await transaction.run("insert into notes (text) values ($1)", text);
    if (fate == Fate::break_reference) co_await transaction.run("insert into tags (note_id) values (-1)");
    co_return 1;
}

asio::awaitable<void> call(SqliteDatabase& database, std::string text, Fate fate, Seen& seen)
{
    try {
        auto result = co_await database.transact([text, fate](Transaction& transaction) { return add(transaction, text, fate); });
        ++(result.has_value() ? seen.kept : seen.refused);
    } catch (StatementError const&) {
        ++seen.statement_errors;
    } catch (Unavailable const&) {
        ++seen.unavailable;
    }
}

class GroupCommit : public testing::Test {
protected:
    void add_to_group(std::string text, Fate fate = Fate::keep) { works.push_back(call(database, std::move(text), fate, seen)); }
    void run_group() { OneGroup(database).run(temp.loop(), std::exchange(works, {})); }
    std::int64_t count() { return temp.run(database.read("select count(*) from notes")).front().only().integer(); }

    TempSqlite temp{schema_files};
    SqliteDatabase& database = temp.database();
    Works works;
    Seen seen;
};

TEST_F(GroupCommit, units_that_queue_up_while_the_writer_is_busy_share_a_commit)
{
    auto const before = database.counters();
    for (int unit = 0; unit < 50; ++unit) add_to_group(std::to_string(unit));
    run_group();
    EXPECT_EQ(seen.kept, 50);
    EXPECT_EQ(count(), 50);
    auto const after = database.counters();
    EXPECT_EQ(after.groups - before.groups, 2u); // The one that held the writer, and ours.
    EXPECT_EQ(after.last_group, 50u);
    EXPECT_EQ(after.units - before.units, 51u);
    EXPECT_EQ(after.rolled_back, before.rolled_back);
}

TEST_F(GroupCommit, a_unit_that_fails_takes_nothing_with_it)
{
    add_to_group("a");
    add_to_group("refused", Fate::refuse);
    add_to_group("b");
    add_to_group("failed", Fate::fail);
    add_to_group("dangling", Fate::break_reference);
    add_to_group("c");
    run_group();
    EXPECT_EQ(seen.kept, 3);
    EXPECT_EQ(seen.refused, 1);
    EXPECT_EQ(seen.statement_errors, 2);
    auto rows = temp.run(database.read("select group_concat(text) from (select text from notes order by id)"));
    EXPECT_EQ(rows.front().only().text(), "a,b,c");
    EXPECT_EQ(database.counters().rolled_back, 3u);
}

TEST_F(GroupCommit, a_unit_alone_is_rolled_back_as_well)
{
    works.push_back(call(database, "dangling", Fate::break_reference, seen));
    temp.loop().run_all(std::exchange(works, {}));
    EXPECT_EQ(seen.statement_errors, 1);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(temp.run(database.read("select count(*) from tags")).front().only().integer(), 0);
}

TEST_F(GroupCommit, a_later_unit_sees_what_an_earlier_one_did)
{
    add_to_group("same");
    add_to_group("same");
    run_group();
    EXPECT_EQ(seen.kept, 1);
    EXPECT_EQ(seen.statement_errors, 1);
}

TEST_F(GroupCommit, when_the_disk_refuses_the_commit_every_unit_fails_and_the_next_group_goes_on)
{
    temp.run(database.write("insert into notes (text) values ('before')"));
    auto const log_bytes = std::filesystem::file_size(temp.folder() / "pollux.sqlite-wal");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit full = before;
    full.rlim_cur = log_bytes + 1000; // Less than a page.
    auto const handled = std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);

    for (int unit = 0; unit < 5; ++unit) add_to_group(std::to_string(unit));
    add_to_group("refused", Fate::refuse);
    run_group();

    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handled);
    EXPECT_EQ(seen.unavailable, 6) << "also the one that was refused: what it saw did not happen";
    EXPECT_EQ(count(), 1);

    for (int unit = 0; unit < 5; ++unit) add_to_group(std::to_string(unit));
    run_group();
    EXPECT_EQ(seen.kept, 5);
    EXPECT_EQ(count(), 6);
}

TEST_F(GroupCommit, a_full_database_is_unavailable_to_writers_readable_and_well_again_with_space)
{
    auto const pages = temp.run(database.read("pragma page_count")).front().only().integer();
    temp.run(database.write("pragma max_page_count = 1")); // No less than it has already.
    std::string const large(100'000, 'x');
    for (int unit = 0; unit < 3; ++unit) add_to_group(large + std::to_string(unit));
    run_group();
    EXPECT_EQ(seen.unavailable, 3);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(temp.run(database.read("pragma page_count")).front().only().integer(), pages);

    temp.run(database.write("pragma max_page_count = 1000000"));
    add_to_group(large);
    add_to_group("small");
    run_group();
    EXPECT_EQ(seen.kept, 2);
    EXPECT_EQ(count(), 2);
}

TEST(WriterQueue, one_more_than_fits_is_refused_and_the_others_are_not)
{
    test::TempFolder folder;
    test::TestLoop loop;
    SqliteDatabase database({.file = folder / "pollux.sqlite", .writer = {.waiting_max = 4}});
    loop.run(database.write("create table notes (text text)"));

    Seen seen;
    Works works;
    for (int unit = 0; unit < 7; ++unit) works.push_back(call(database, std::to_string(unit), Fate::keep, seen));
    EXPECT_THROW(OneGroup(database).run(loop, std::move(works)), std::logic_error) << "four of seven wait";
    EXPECT_EQ(seen.kept, 4);
    EXPECT_EQ(seen.unavailable, 3);
    database.close();
}

TEST(WriterQueue, a_group_takes_no_more_than_its_bound)
{
    test::TempFolder folder;
    test::TestLoop loop;
    SqliteDatabase database({.file = folder / "pollux.sqlite", .writer = {.group_max = 3}});
    loop.run(database.write("create table notes (text text)"));
    Seen seen;
    Works works;
    for (int unit = 0; unit < 8; ++unit) works.push_back(call(database, std::to_string(unit), Fate::keep, seen));
    OneGroup(database).run(loop, std::move(works));
    EXPECT_EQ(seen.kept, 8);
    EXPECT_EQ(database.counters().largest_group, 3u);
    database.close();
}

// Closes on a thread of its own, as the end of the process does, while the units before it in the list wait.
asio::awaitable<void> close_meanwhile(SqliteDatabase& database, std::thread& closing)
{
    closing = std::thread([&database] { database.close(); });
    co_return;
}

TEST(WriterQueue, what_waits_at_the_close_is_still_written)
{
    TempSqlite temp{schema_files};
    SqliteDatabase& database = temp.database();
    Seen seen;
    Works works;
    std::thread closing;
    for (int unit = 0; unit < 20; ++unit) works.push_back(call(database, std::to_string(unit), Fate::keep, seen));
    works.push_back(close_meanwhile(database, closing));
    temp.loop().run_all(std::move(works));
    closing.join();
    EXPECT_EQ(seen.kept, 20);
    EXPECT_THROW(temp.run(database.write("insert into notes (text) values ('late')")), Unavailable);
    EXPECT_EQ(temp.run(database.read("select count(*) from notes")).front().only().integer(), 20);
}

TEST(WriterQueue, many_threads_write_and_nothing_is_lost)
{
    constexpr int threads = 4;
    constexpr int callers = 16;
    constexpr int writes = 25;
    std::vector<test::TestLoop> loops(threads); // Outlive the database.
    TempSqlite temp{schema_files};
    SqliteDatabase& database = temp.database();
    std::vector<std::thread> running;
    std::vector<Seen> seen(threads);
    for (int thread = 0; thread < threads; ++thread) {
        auto const index = static_cast<std::size_t>(thread);
        running.emplace_back([&database, &mine = seen[index], &loop = loops[index], thread] {
            for (int write = 0; write < writes; ++write) {
                Works works;
                for (int caller = 0; caller < callers; ++caller) {
                    auto text = std::to_string(thread) + "-" + std::to_string(write) + "-" + std::to_string(caller);
                    works.push_back(call(database, text, caller % 4 == 0 ? Fate::refuse : Fate::keep, mine));
                }
                loop.run_all(std::move(works));
            }
        });
    }
    for (auto& thread : running) thread.join();
    int kept = 0;
    for (auto const& each : seen) kept += each.kept;
    EXPECT_EQ(kept, threads * callers * writes * 3 / 4);
    EXPECT_EQ(temp.run(database.read("select count(*) from notes")).front().only().integer(), kept);
}

} // namespace
} // namespace pollux::db
