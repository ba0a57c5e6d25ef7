// Units of work on PostgreSQL: what is kept, what is rolled back, what is run again.
#include "postgres_fixture.hpp"

namespace pollux::test {
namespace {

using db::StatementError;
using db::Transaction;
using db::Unavailable;

using Transactions = PostgresTest;

asio::awaitable<Result<int>> add_and_refuse(Transaction& transaction)
{
    co_await insert_note(transaction, "a");
    co_return not_found("note");
}

asio::awaitable<int> add_and_throw(Transaction& transaction)
{
    co_await insert_note(transaction, "a");
    throw std::runtime_error("an accident");
}

asio::awaitable<int> add_twice_and_carry_on(Transaction& transaction)
{
    co_await insert_note(transaction, "a");
    try {
        co_await insert_note(transaction, "a");
    } catch (StatementError const&) {
    }
    co_return 1;
}

TEST_F(Transactions, a_unit_is_kept_when_it_returns_and_rolled_back_when_it_refuses_or_throws)
{
    auto const rows = transact([](Transaction& transaction) { return insert_note(transaction, "kept"); });
    EXPECT_EQ(rows.size(), 1u);
    EXPECT_EQ(transact(add_and_refuse).error().code(), "note_not_found");
    EXPECT_THROW(transact(add_and_throw), std::runtime_error);
    EXPECT_THROW(transact(add_twice_and_carry_on), StatementError);
    EXPECT_EQ(control.run("select string_agg(text, ' ') from notes"), "kept");
    // ROLLBACK is not waited for.
    auto const until = Steady::now() + patience;
    while (control.run("select count(*) from pg_stat_activity where state like 'idle in transaction%' "
                       "and datname = current_database()") != "0") {
        ASSERT_LT(Steady::now(), until) << "a transaction stays open";
    }
}

asio::awaitable<int> do_nothing(Transaction&)
{
    co_return 7;
}

TEST_F(Transactions, a_unit_without_statements_costs_nothing)
{
    EXPECT_EQ(transact(do_nothing), 7);
}

asio::awaitable<int> add_a_tag_of_nothing(Transaction& transaction)
{
    co_await transaction.run("insert into tags (note_id) values (99)");
    co_return 1;
}

TEST_F(Transactions, a_constraint_that_is_checked_at_commit_refuses_the_unit)
{
    EXPECT_THROW(transact(add_a_tag_of_nothing), StatementError);
    EXPECT_EQ(control.run("select count(*) from tags"), "0");
}

enum class Ending { step_by_step, in_one_batch };

// Each adds one to both rows, in opposite orders: a deadlock each time two meet.
asio::awaitable<int> add_to_both(Transaction& transaction, Ending ending, std::string first, std::string second, int* runs)
{
    static constexpr db::Sql add_sql = "update notes set size = size + 1 where text = $1";
    static constexpr db::Sql pause_sql = "select pg_sleep(0.05)";
    ++*runs;
    co_await transaction.run(add_sql, first);
    if (ending == Ending::in_one_batch) {
        co_await transaction.run_later(pause_sql);
        co_await transaction.run_last(add_sql, second); // With COMMIT behind it.
    } else {
        co_await transaction.run(pause_sql);
        co_await transaction.run(add_sql, second);
    }
    co_return 1;
}

asio::awaitable<void> add_in_order(db::Database& database, Ending ending, std::string first, std::string second, int* runs)
{
    co_await database.transact(
        [ending, first, second, runs](Transaction& transaction) { return add_to_both(transaction, ending, first, second, runs); });
}

class Deadlocks : public Transactions, public testing::WithParamInterface<Ending> {};

TEST_P(Deadlocks, of_two_that_wait_for_each_other_one_is_run_again_from_its_start)
{
    constexpr int rounds_max = 50; // On a busy machine two may miss each other.
    control.run("alter system set deadlock_timeout = '50ms'");
    control.run("select pg_reload_conf()");
    write("insert into notes (text, size) values ('a', 0), ('b', 0)");
    int runs = 0;
    int rounds = 0;
    while (runs == 2 * rounds && rounds < rounds_max) {
        ++rounds;
        std::vector<asio::awaitable<void>> works;
        works.push_back(add_in_order(database, GetParam(), "a", "b", &runs));
        works.push_back(add_in_order(database, GetParam(), "b", "a", &runs));
        loop.run_all(std::move(works));
    }
    auto const all = std::to_string(2 * rounds);
    EXPECT_EQ(control.run("select string_agg(size::text, ' ') from notes"), all + " " + all);
    EXPECT_GT(runs, 2 * rounds);
}

INSTANTIATE_TEST_SUITE_P(Ways, Deadlocks, testing::Values(Ending::step_by_step, Ending::in_one_batch));

asio::awaitable<int> always_conflicts(Transaction& transaction, int* runs)
{
    ++*runs;
    co_await transaction.run("do $$ begin raise exception using errcode = '40001'; end $$");
    co_return 1;
}

TEST_F(Transactions, conflicts_without_end_end_as_unavailable)
{
    int runs = 0;
    auto unit = [&runs](Transaction& transaction) { return always_conflicts(transaction, &runs); };
    EXPECT_THROW(transact(unit), Unavailable);
    EXPECT_EQ(runs, limits_.tries_max);
}

asio::awaitable<bool> sees_one_moment(Transaction& transaction, PostgresControl* control)
{
    static constexpr db::Sql sql = "select count(*) from notes";
    auto const before = co_await transaction.run(sql);
    control->run("insert into notes (text) values ('meanwhile')");
    auto const after = co_await transaction.run(sql);
    co_return before.front().only().integer() == 0 && after.front().only().integer() == 0;
}

TEST_F(Transactions, a_snapshot_sees_one_moment)
{
    auto unit = [this](Transaction& transaction) { return sees_one_moment(transaction, &control); };
    EXPECT_TRUE(loop.run(database.snapshot(unit)));
    EXPECT_EQ(count(), 1);
}

asio::awaitable<int> note_and_lose_the_connection(Transaction& transaction)
{
    co_await insert_note(transaction, "lost");
    // Runs inside of COMMIT, and ends the connection before it can answer.
    co_await transaction.run("create constraint trigger ending after insert on tags deferrable initially deferred for each row "
                             "execute function end_me()");
    co_await transaction.run("insert into tags (note_id) select id from notes");
    co_return 1;
}

TEST_F(Transactions, a_lost_answer_to_commit_is_told_as_what_it_is)
{
    control.run("create function end_me() returns trigger language plpgsql as "
                "'begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end'");
    try {
        transact(note_and_lose_the_connection);
        FAIL() << "committed";
    } catch (Unavailable const& failure) {
        EXPECT_NE(std::string(failure.what()).find("may or may not have happened"), std::string::npos) << failure.what();
        EXPECT_EQ(failure.lack(), Lack::outcome);
    }
    EXPECT_TRUE(comes_back());
}

// COMMIT travels with the insert, and ends the connection before either has its answer.
asio::awaitable<int> lose_the_connection_at_once(Transaction& transaction)
{
    static constexpr db::Sql sql = "insert into tags (note_id) select id from notes";
    co_await transaction.run_last(sql);
    co_return 1;
}

asio::awaitable<int> lose_the_connection_before_the_last(Transaction& transaction)
{
    co_await transaction.run_later("select pg_terminate_backend(pg_backend_pid())");
    static constexpr db::Sql sql = "insert into notes (text) values ('never')";
    co_await transaction.run_last(sql);
    co_return 1;
}

std::optional<Lack> lack_of(std::function<void()> const& work)
{
    try {
        work();
    } catch (Unavailable const& failure) {
        return failure.lack();
    }
    return std::nullopt;
}

TEST_F(Transactions, what_is_certainly_not_committed_is_told_apart_from_what_is_in_doubt)
{
    EXPECT_EQ(lack_of([&] { transact(lose_the_connection_before_the_last); }), Lack::service) << "COMMIT was not reached";
    ASSERT_TRUE(comes_back());
    EXPECT_EQ(count(), 0);

    control.run("create function end_me() returns trigger language plpgsql as "
                "'begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end'");
    control.run(
        "create constraint trigger ending after insert on tags deferrable initially deferred for each row execute function end_me()");
    control.run("insert into notes (text) values ('a')");
    EXPECT_EQ(lack_of([&] { transact(lose_the_connection_at_once); }), Lack::outcome);
    ASSERT_TRUE(comes_back());
    EXPECT_EQ(lack_of([&] { write("insert into tags (note_id) select id from notes"); }), Lack::outcome) << "it commits by itself";
    ASSERT_TRUE(comes_back());
    EXPECT_EQ(lack_of([&] { read("select pg_terminate_backend(pg_backend_pid())"); }), Lack::service) << "who reads has nothing to commit";
}

asio::awaitable<int> lose_the_connection(Transaction& transaction)
{
    co_await insert_note(transaction, "lost");
    co_await transaction.run("select pg_terminate_backend(pg_backend_pid())");
    co_return 1;
}

TEST_F(Transactions, a_connection_that_is_ended_in_the_middle_takes_only_its_own_unit_with_it)
{
    EXPECT_THROW(transact(lose_the_connection), Unavailable);
    EXPECT_EQ(count(), 0);
    transact([](Transaction& transaction) { return insert_note(transaction, "next"); });
    EXPECT_EQ(count(), 1);
}

} // namespace
} // namespace pollux::test
