// Statements that travel together: those that are run later, and the last one with its COMMIT.
#include "postgres_fixture.hpp"

namespace pollux::test {
namespace {

using db::StatementError;
using db::Transaction;
using db::Unavailable;

using Batches = PostgresTest;

constexpr db::Sql insert_sql = "insert into notes (text) values ($1) returning id";
constexpr db::Sql count_sql = "select count(*) from notes";

asio::awaitable<std::int64_t> add_later_and_count(Transaction& transaction, std::string first, std::string second)
{
    co_await transaction.run_later(insert_sql, first);
    co_await transaction.run_later(insert_sql, second);
    auto const rows = co_await transaction.run(count_sql);
    co_return rows.front().only().integer();
}

TEST_F(Batches, what_is_run_later_is_done_before_the_next_statement_sees_anything)
{
    EXPECT_EQ(transact([](Transaction& transaction) { return add_later_and_count(transaction, "a", "b"); }), 2);
    EXPECT_EQ(count(), 2);
}

asio::awaitable<int> add_later_only(Transaction& transaction)
{
    co_await transaction.run_later(insert_sql, "a");
    co_return 1;
}

TEST_F(Batches, what_is_run_later_goes_with_the_commit_when_nothing_else_comes)
{
    transact(add_later_only);
    EXPECT_EQ(control.run("select text from notes"), "a");
}

asio::awaitable<Result<int>> add_later_and_refuse(Transaction& transaction)
{
    co_await transaction.run_later(insert_sql, "a");
    co_return not_found("note");
}

TEST_F(Batches, a_refusal_drops_what_was_to_be_run_later)
{
    EXPECT_EQ(transact(add_later_and_refuse).error().code(), "note_not_found");
    EXPECT_EQ(count(), 0);
}

TEST_F(Batches, a_statement_that_fails_later_fails_its_unit_and_no_other)
{
    EXPECT_THROW(transact([](Transaction& transaction) { return add_later_and_count(transaction, "twice", "twice"); }), StatementError);
    EXPECT_EQ(count(), 0);
    // What the failure kept PostgreSQL from preparing is prepared again.
    EXPECT_EQ(transact([](Transaction& transaction) { return add_later_and_count(transaction, "a", "b"); }), 2);
}

asio::awaitable<Result<std::int64_t>> add_last(Transaction& transaction, std::string text, bool refuses)
{
    co_await transaction.run_later(insert_sql, text + " before");
    auto const rows = co_await transaction.run_last(insert_sql, text);
    if (refuses) co_return not_found("note");
    co_return rows.front().only().integer();
}

TEST_F(Batches, the_last_statement_is_durable_with_all_before_it_and_gives_its_own_rows)
{
    auto const id = transact([](Transaction& transaction) { return add_last(transaction, "a", false); });
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(control.run("select id from notes where text = 'a'"), std::to_string(*id));
    EXPECT_EQ(count(), 2);
}

TEST_F(Batches, what_is_returned_after_the_last_statement_takes_nothing_back)
{
    EXPECT_EQ(transact([](Transaction& transaction) { return add_last(transaction, "a", true); }).error().code(), "note_not_found");
    EXPECT_EQ(count(), 2);
}

asio::awaitable<int> go_on_after_the_last(Transaction& transaction)
{
    co_await transaction.run_last(insert_sql, "a");
    co_await transaction.run(insert_sql, "b");
    co_return 1;
}

TEST_F(Batches, nothing_comes_after_the_last_statement)
{
    EXPECT_THROW(transact(go_on_after_the_last), StatementError);
    EXPECT_EQ(control.run("select text from notes"), "a");
}

TEST_F(Batches, a_last_statement_that_fails_commits_nothing_and_leaves_the_connection_in_order)
{
    transact([](Transaction& transaction) { return insert_note(transaction, "a"); });
    EXPECT_THROW(transact([](Transaction& transaction) { return add_last(transaction, "a", false); }), StatementError);
    EXPECT_EQ(control.run("select text from notes"), "a");
    EXPECT_TRUE(transact([](Transaction& transaction) { return add_last(transaction, "b", false); }).has_value());
    EXPECT_EQ(count(), 3);
}

asio::awaitable<int> lose_the_connection_with_the_last(Transaction& transaction)
{
    co_await transaction.run_later(insert_sql, "a");
    co_await transaction.run_last("select pg_terminate_backend(pg_backend_pid())");
    co_return 1;
}

// PostgreSQL says itself that the statement failed, so its COMMIT was not carried out.
TEST_F(Batches, a_last_statement_that_ends_its_connection_has_certainly_committed_nothing)
{
    try {
        transact(lose_the_connection_with_the_last);
        FAIL() << "committed";
    } catch (Unavailable const& failure) {
        EXPECT_EQ(std::string(failure.what()).find("may or may not have happened"), std::string::npos) << failure.what();
    }
    EXPECT_TRUE(comes_back());
    EXPECT_EQ(control.run("select count(*) from notes"), "0");
}

} // namespace
} // namespace pollux::test
