// PostgreSQL that is slow, full, restarted, stopped or gone. Times here are promises: an answer within 2 s, nothing hangs over 5 s, back
// within 5 s; each bound leaves room for a busy machine.
#include "db/postgres/postgres_migrations.hpp"
#include "postgres_fixture.hpp"

#include <csignal>
#include <fstream>

namespace pollux::test {
namespace {

using db::Transaction;
using db::Unavailable;

constexpr auto refused_within = 2'000ms + 500ms; // A quarter more: what is measured includes the test's own machine.

template <class Work>
std::chrono::milliseconds time_of(Work work)
{
    auto const began = Steady::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began);
}

db::PostgresLimits with_pool(std::size_t connections)
{
    db::PostgresLimits limits;
    limits.write_connections = connections;
    return limits;
}

class SmallPool : public PostgresTest {
protected:
    SmallPool() : PostgresTest(with_pool(2)) {}
};

asio::awaitable<int> sleep_for(Transaction& transaction, double seconds)
{
    co_await transaction.run("select pg_sleep($1)", seconds);
    co_return 1;
}

asio::awaitable<void> sleep_in_unit(db::Database& database, double seconds, int& ended)
{
    try {
        co_await database.transact([seconds](Transaction& transaction) { return sleep_for(transaction, seconds); });
    } catch (Unavailable const&) {
    }
    ++ended;
}

asio::awaitable<void> note_refusal(db::Database& database, std::chrono::milliseconds& waited)
{
    auto const began = Steady::now();
    try {
        co_await database.transact([](Transaction& transaction) { return insert_note(transaction, "late"); });
    } catch (Unavailable const&) {
        waited = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began);
    }
}

TEST_F(SmallPool, who_finds_no_connection_free_is_refused_in_time)
{
    int ended = 0;
    std::chrono::milliseconds waited{0};
    std::vector<asio::awaitable<void>> works;
    works.push_back(sleep_in_unit(database, 3, ended));
    works.push_back(sleep_in_unit(database, 3, ended));
    works.push_back(note_refusal(database, waited));
    loop.run_all(std::move(works));
    EXPECT_GE(waited, limits_.connection_wait_max) << "it waits for one";
    EXPECT_LE(waited, refused_within);
    EXPECT_EQ(ended, 2);
    transact([](Transaction& transaction) { return insert_note(transaction, "afterwards"); });
}

asio::awaitable<void> add_note(db::Database& database, int number)
{
    auto const text = std::to_string(number);
    co_await database.transact([text](Transaction& transaction) { return insert_note(transaction, text); });
}

TEST_F(SmallPool, two_connections_serve_three_hundred_units_in_turn)
{
    std::vector<asio::awaitable<void>> works;
    for (int number = 0; number < 300; ++number) works.push_back(add_note(database, number));
    loop.run_all(std::move(works));
    EXPECT_EQ(count(), 300);
}

using Outages = PostgresTest;

TEST_F(Outages, a_statement_that_takes_too_long_ends_and_its_neighbours_do_not)
{
    auto const took = time_of([&] { EXPECT_THROW(read("select pg_sleep(30)"), Unavailable); });
    EXPECT_LE(took, 5s);
    EXPECT_EQ(read("select 1").size(), 1u);
    auto const write_took = time_of([&] { EXPECT_THROW(write("select pg_sleep(30)"), Unavailable); });
    EXPECT_LE(write_took, 5s);
}

// What it is that is lacking, when something is.
std::optional<Lack> lack_of(std::function<void()> const& work)
{
    try {
        work();
    } catch (Unavailable const& failure) {
        return failure.lack();
    }
    return std::nullopt;
}

TEST_F(Outages, a_row_that_somebody_keeps_locked_is_not_waited_for_long)
{
    write("insert into notes (text, size) values ('a', 0)");
    control.run("begin; update notes set size = 1");
    auto const took = time_of([&] { EXPECT_EQ(lack_of([&] { write("update notes set size = 2"); }), Lack::turn); });
    EXPECT_LE(took, refused_within);
    control.run("rollback");
    EXPECT_EQ(write("update notes set size = 2").changed(), 1);
}

asio::awaitable<int> fill_the_disk(db::Transaction& transaction)
{
    co_await transaction.run("do $$ begin raise exception using errcode = '53100'; end $$");
    co_return 0;
}

TEST_F(Outages, a_full_disk_is_told_as_that)
{
    EXPECT_EQ(lack_of([&] { write("do $$ begin raise exception using errcode = '53100'; end $$"); }), Lack::space);
    EXPECT_EQ(lack_of([&] { transact([](db::Transaction& transaction) { return fill_the_disk(transaction); }); }), Lack::space);
    EXPECT_EQ(lack_of([&] { write("do $$ begin raise exception using errcode = '53200'; end $$"); }), Lack::service) << "out of memory";
}

TEST_F(Outages, connections_that_were_all_ended_are_replaced)
{
    ASSERT_TRUE(comes_back());
    for (int round = 0; round < 3; ++round) {
        control.run(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        EXPECT_TRUE(comes_back(5s));
    }
}

TEST(OutageAtTheStart, a_server_that_is_not_there_is_told_at_once_and_close_does_not_hang)
{
    TestLoop loop;
    db::PostgresDatabase database({.url = "postgres://nobody@127.0.0.1:1/nothing"});
    auto const took = time_of([&] {
        EXPECT_THROW(loop.run(database.read("select 1")), Unavailable);
        EXPECT_THROW(loop.run(database.write("select 1")), Unavailable);
    });
    EXPECT_LE(took, 2 * refused_within);
    EXPECT_LE(time_of([&] { database.close(); }), 5s);
    EXPECT_THROW(loop.run(database.read("select 1")), Unavailable);
    EXPECT_THROW(db::PostgresMigrations("postgres://nobody@127.0.0.1:1/nothing").begin(), Unavailable);
}

// A cluster of its own, which the test may hurt.
class HurtServer : public ::testing::Test {
protected:
    HurtServer()
    {
        PostgresControl control(cluster.url);
        make_tables(control);
        write_until_good("start");
    }
    ~HurtServer() override { database.close(); }

    pid_t postmaster() const
    {
        pid_t pid = 0;
        std::ifstream(cluster.folder + "/data/postmaster.pid") >> pid;
        return pid;
    }
    void signal_all(int signal) const
    {
        auto const parent = std::to_string(postmaster());
        std::string const kill = "kill -" + std::to_string(signal) + " ";
        // The postmaster's children first: it would mourn them.
        auto const command = kill + "$(pgrep -P " + parent + ") 2>/dev/null; " + kill + parent;
        ASSERT_EQ(std::system(command.c_str()), 0);
    }
    void start() const
    {
        std::string const as_owner = ::getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups " : "";
        auto const command = "cd " + cluster.folder + " && " + as_owner +
                             "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)/pg_ctl -D " + cluster.folder + "/data -o '-p " +
                             port() + "' -l " + cluster.folder + "/log -w -t 60 start >/dev/null 2>&1";
        // It refuses while the memory of those who were killed is not all let go.
        auto const until = Steady::now() + patience;
        while (std::system(command.c_str()) != 0) ASSERT_LT(Steady::now(), until) << "PostgreSQL does not start";
    }
    std::string port() const
    {
        auto const from = cluster.url.rfind(':') + 1;
        return cluster.url.substr(from, cluster.url.find('/', from) - from);
    }

    bool try_write(std::string const& text)
    {
        try {
            loop.run(database.transact([text](Transaction& transaction) { return insert_note(transaction, text); }));
            return true;
        } catch (Unavailable const&) {
            return false;
        }
    }
    std::chrono::milliseconds write_until_good(std::string const& text)
    {
        return time_of([&] {
            auto const until = Steady::now() + patience;
            while (!try_write(text)) {
                ASSERT_LT(Steady::now(), until) << "waited in vain";
                std::this_thread::sleep_for(10ms);
            }
        });
    }

    PostgresCluster cluster = PostgresCluster::start();
    TestLoop loop;
    db::PostgresDatabase database{{.url = cluster.url}};
};

TEST_F(HurtServer, that_is_killed_answers_again_soon_after_it_was_started)
{
    signal_all(SIGKILL);
    EXPECT_LE(time_of([&] { EXPECT_FALSE(try_write("while it is away")); }), refused_within);
    EXPECT_LE(time_of([&] { EXPECT_THROW(loop.run(database.read("select 1")), Unavailable); }), refused_within);
    start();
    EXPECT_LE(write_until_good("afterwards"), 5s);
    EXPECT_EQ(loop.run(database.read("select count(*) from notes where text in ('start', 'afterwards')")).front().only().integer(), 2);
}

TEST_F(HurtServer, that_stands_still_is_noticed_and_taken_up_again)
{
    signal_all(SIGSTOP);
    EXPECT_LE(time_of([&] { EXPECT_FALSE(try_write("while it stands")); }), refused_within);
    EXPECT_LE(time_of([&] { EXPECT_THROW(loop.run(database.read("select 1")), Unavailable); }), refused_within);
    EXPECT_LE(time_of([&] { EXPECT_FALSE(try_write("while it stands")); }), 500ms) << "it is known to be away";
    signal_all(SIGCONT);
    EXPECT_LE(write_until_good("afterwards"), 5s);
}

TEST_F(HurtServer, that_is_out_of_connections_refuses_in_time)
{
    PostgresControl control(cluster.url);
    control.run("create role limited login connection limit 4; grant all on all tables in schema public to limited;"
                "grant all on all sequences in schema public to limited");
    auto url = cluster.url;
    url.replace(url.find("pollux@"), 7, "limited@");
    TestLoop other_loop;
    db::PostgresDatabase limited({.url = url}); // Two that read, one for the pulse: one is left to write.
    std::vector<asio::awaitable<void>> works;
    int ended = 0;
    std::chrono::milliseconds waited{0};
    EXPECT_EQ(other_loop.run(limited.read("select 1")).size(), 1u);
    other_loop.run(limited.write("select 1"));
    works.push_back(sleep_in_unit(limited, 3, ended));
    works.push_back(note_refusal(limited, waited));
    other_loop.run_all(std::move(works));
    EXPECT_GT(waited, 0ms);
    EXPECT_LE(waited, refused_within);
    other_loop.run(limited.write("select 1"));
}

} // namespace
} // namespace pollux::test
