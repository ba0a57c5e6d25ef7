// Reads that may take long: they hold up nobody, and there are never many of them.
#include "support/temp_database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace pollux::test {
namespace {

constexpr db::Sql endless_sql{"with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n",
                              "select pg_sleep(1000)"};
constexpr int at_once = 2;
constexpr int waiting = 16;

struct Ended {
    int well = 0;
    int unavailable = 0;
};

asio::awaitable<void> read_without_end(db::SlowReads& slow, Ended& ended)
{
    try {
        co_await slow.read_slowly(endless_sql);
        ++ended.well;
    } catch (db::Unavailable const&) {
        ++ended.unavailable;
    }
}

asio::awaitable<std::int64_t> count_twice(db::Transaction& transaction)
{
    auto const first = co_await transaction.run("select count(*) from users");
    auto const second = co_await transaction.run("select count(*) from users");
    co_return first.front().only().integer() + second.front().only().integer();
}

asio::awaitable<std::int64_t> add_user(db::Transaction& transaction, std::string mobile)
{
    auto const rows = co_await transaction.run("insert into users (mobile, date_joined) values ($1, 0) returning id", std::move(mobile));
    co_return rows.front().only().integer();
}

class SlowReads : public ::testing::Test {
protected:
    // As many as run at once, and `more`, of which none ends by itself.
    void begin(int more)
    {
        for (int count = 0; count < at_once + more; ++count) {
            asio::co_spawn(temp.loop().executor(), read_without_end(slow, ended),
                           [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
        }
    }

    std::int64_t add(std::string mobile)
    {
        return temp.run(database.transact([mobile](db::Transaction& transaction) { return add_user(transaction, mobile); }));
    }

    Ended ended;
    TempDatabase temp;
    db::Database& database = temp.database();
    db::SlowReads& slow = db::slow_reads(database);
};

TEST_F(SlowReads, see_what_was_written_before)
{
    add("+15550000001");
    EXPECT_EQ(temp.run(slow.read_slowly("select count(*) from users")).front().only().integer(), 1);
    add("+15550000002");
    EXPECT_EQ(temp.run(slow.snapshot_slowly([](db::Transaction& transaction) { return count_twice(transaction); })), 4);
}

TEST_F(SlowReads, may_not_write)
{
    EXPECT_THROW(temp.run(slow.read_slowly("delete from users")), db::StatementError);
    auto const write = [](db::Transaction& transaction) { return add_user(transaction, "+15550000001"); };
    EXPECT_THROW(temp.run(slow.snapshot_slowly(write)), db::StatementError);
}

TEST_F(SlowReads, that_never_end_hold_up_no_other_work)
{
    begin(waiting);
    EXPECT_EQ(temp.run(database.read("select count(*) from users")).front().only().integer(), 0);
    add("+15550000001");
    EXPECT_EQ(temp.run(database.snapshot([](db::Transaction& transaction) { return count_twice(transaction); })), 2);
    EXPECT_EQ(ended.well + ended.unavailable, 0);
}

TEST_F(SlowReads, are_refused_when_sixteen_wait)
{
    begin(waiting);
    EXPECT_THROW(temp.run(slow.read_slowly("select 1")), db::Unavailable);
    EXPECT_THROW(temp.run(slow.snapshot_slowly([](db::Transaction& transaction) { return count_twice(transaction); })), db::Unavailable);
    EXPECT_EQ(ended.well + ended.unavailable, 0) << "those that were there before keep their places";
}

TEST_F(SlowReads, end_when_the_database_is_closed)
{
    begin(waiting);
    temp.run(database.read("select 1"));
    database.close();
    temp.loop().context().restart();
    temp.loop().context().run();
    EXPECT_EQ(ended.unavailable, at_once + waiting);
}

} // namespace
} // namespace pollux::test
