// What must hold when the process dies, and what a backup holds.
#include "db/sqlite/backup.hpp"
#include "support/temp_sqlite.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace pollux::db {
namespace {

using test::TempFolder;
using test::TestLoop;

// A child that writes numbers, and tells each one through a pipe once its write has returned, until it is killed.
class WritingChild {
public:
    explicit WritingChild(std::filesystem::path const& file)
    {
        if (::pipe(pipe_) != 0) throw std::runtime_error("no pipe");
        pid_ = ::fork();
        if (pid_ == 0) write_for_ever(file);
        ::close(pipe_[1]);
    }
    ~WritingChild() { ::close(pipe_[0]); }

    std::int64_t next_acknowledged()
    {
        std::int64_t number = -1;
        return ::read(pipe_[0], &number, sizeof number) == sizeof number ? number : -1;
    }

    // Returns the last number that it told.
    std::int64_t kill()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        std::int64_t last = -1;
        for (auto number = next_acknowledged(); number >= 0; number = next_acknowledged()) last = number;
        return last;
    }

private:
    [[noreturn]] void write_for_ever(std::filesystem::path const& file)
    {
        TestLoop loop;
        SqliteDatabase database({.file = file});
        loop.run(database.write("create table if not exists numbers (number bigint not null)"));
        for (std::int64_t number = 0;; ++number) {
            loop.run(database.write("insert into numbers (number) values ($1)", number));
            if (::write(pipe_[1], &number, sizeof number) != sizeof number) std::abort();
        }
    }

    int pipe_[2] = {-1, -1};
    pid_t pid_ = -1;
};

TEST(Durability, what_was_acknowledged_is_there_after_kill_9_and_the_lock_is_free)
{
    TempFolder folder;
    auto const file = folder / "pollux.sqlite";
    WritingChild child(file);
    for (int number = 0; number < 20; ++number) ASSERT_EQ(child.next_acknowledged(), number);
    EXPECT_THROW(SqliteDatabase({.file = file}), DatabaseInUse);

    auto const last = child.kill();
    TestLoop loop;
    SqliteDatabase database({.file = file});
    auto const count = loop.run(database.read("select count(*) from numbers")).front().only().integer();
    EXPECT_GE(count, std::max<std::int64_t>(last, 19) + 1);
    EXPECT_EQ(loop.run(database.read("pragma integrity_check")).front().only().text(), "ok");
}

void write_one(std::filesystem::path const& file)
{
    TestLoop loop;
    SqliteDatabase database({.file = file});
    loop.run(database.write("create table if not exists notes (text text)"));
    loop.run(database.write("insert into notes (text) values ('a')"));
}

// Dies at the failpoint when the second group commits; returns how many notes there are then.
std::int64_t notes_after_death_at(char const* failpoint)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    test::DeathTestFolder folder;
    auto const file = folder.path() / "pollux.sqlite";
    ::setenv("FAILPOINT", failpoint, 1);
    EXPECT_EXIT(write_one(file), testing::KilledBySignal(SIGKILL), "");
    ::unsetenv("FAILPOINT");

    TestLoop loop;
    SqliteDatabase database({.file = file});
    return loop.run(database.read("select count(*) from notes")).front().only().integer();
}

TEST(Durability, death_just_before_commit_leaves_nothing)
{
    EXPECT_EQ(notes_after_death_at("db_before_commit:abort@2"), 0);
}

TEST(Durability, death_just_after_commit_leaves_all)
{
    EXPECT_EQ(notes_after_death_at("db_after_commit:abort@2"), 1);
}

TEST(Backup, a_copy_under_load_is_whole_and_holds_what_was_acknowledged_before_it)
{
    TempFolder folder;
    TestLoop loop;
    TestLoop writers;
    SqliteDatabase database({.file = folder / "pollux.sqlite"});
    loop.run(database.write("create table numbers (number bigint not null)"));
    std::atomic<std::int64_t> acknowledged = 0;
    std::atomic<bool> stop = false;
    std::thread writer([&] {
        while (!stop) {
            writers.run(database.write("insert into numbers (number) values ($1)", acknowledged.load()));
            ++acknowledged;
            acknowledged.notify_all();
        }
    });
    acknowledged.wait(0);
    for (int copy = 0; copy < 5; ++copy) {
        auto const least = acknowledged.load();
        database.backup_to(folder / "copies" / "copy.sqlite");
        TestLoop reading;
        SqliteDatabase restored({.file = folder / "copies" / "copy.sqlite"});
        EXPECT_GE(reading.run(restored.read("select count(*) from numbers")).front().only().integer(), least);
        EXPECT_EQ(reading.run(restored.read("pragma integrity_check")).front().only().text(), "ok");
    }
    stop = true;
    writer.join();
    EXPECT_EQ(std::filesystem::status(folder / "copies" / "copy.sqlite").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_FALSE(std::filesystem::exists(folder / "copies" / "copy.sqlite.partial"));
}

TEST(Backup, a_folder_that_cannot_be_made_is_unavailable)
{
    TempFolder folder;
    SqliteDatabase database({.file = folder / "pollux.sqlite"});
    EXPECT_THROW(database.backup_to(folder / "pollux.sqlite" / "copy.sqlite"), Unavailable);
}

} // namespace
} // namespace pollux::db
