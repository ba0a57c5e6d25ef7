// What goes into PostgreSQL and what comes out of it.
#include "postgres_fixture.hpp"

namespace pollux::test {
namespace {

using db::StatementError;
using db::Unavailable;

using Statements = PostgresTest;

TEST_F(Statements, values_of_all_kinds_come_back_as_they_went_in)
{
    std::string const bytes = "a'b\\c\"\xC3\xA9\xF0\x9F\x90\x98\n";
    auto const rows = read("select $1::text, $2::bigint, $3::float8, $4::text, $5::text, $6::smallint, $7::bigint", std::optional<int>(),
                           INT64_MIN, 0.1, bytes, "", true, INT64_MAX);
    auto const row = rows.front();
    enum : std::size_t { null, least, real, text, nothing, truth, largest };
    EXPECT_TRUE(row.is_null(null));
    EXPECT_EQ(row.integer(least), INT64_MIN);
    EXPECT_EQ(row.text(text), bytes);
    EXPECT_EQ(row.text(nothing), "");
    EXPECT_TRUE(row.boolean(truth));
    EXPECT_EQ(row.integer(largest), INT64_MAX);
}

TEST_F(Statements, counts_sums_and_truth_are_integers)
{
    write("insert into notes (text, size) values ('a', 3), ('b', 4)");
    auto const rows = read("select count(*), sum(size), sum(size) > 5, min(size)::smallint from notes");
    auto const row = rows.front();
    enum : std::size_t { count, sum, is_over_5, least };
    EXPECT_EQ(row.integer(count), 2);
    EXPECT_EQ(row.integer(sum), 7);
    EXPECT_TRUE(row.boolean(is_over_5));
    EXPECT_EQ(row.integer(least), 3);
}

TEST_F(Statements, a_number_fits_a_narrower_column_and_a_null_any)
{
    auto const note = write("insert into notes (text) values ('a') returning id").front().only().integer();
    static constexpr db::Sql sql = "insert into tags (note_id, flag) values ($1, $2)";
    EXPECT_EQ(write(sql, note, true).changed(), 1);
    EXPECT_EQ(write(sql, note, std::optional<bool>()).changed(), 1);
    EXPECT_EQ(write("update tags set flag = coalesce($2, flag) where note_id = $1", note, false).changed(), 2);
}

TEST_F(Statements, a_value_that_is_not_used_needs_a_type)
{
    EXPECT_EQ(read("select 1 where $3 = 1 and $1 = 'a'", "a", "unused", 1).size(), 1u);
    EXPECT_THROW(read("select 1 where $3 = 1 and $1 = 'a'", "a", std::optional<int>(), 1), StatementError);
}

TEST_F(Statements, changed_counts_rows_that_were_written)
{
    auto const rows = write("insert into notes (text) values ('a'), ('b') returning id, text");
    EXPECT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows.changed(), 2);
    EXPECT_EQ(write("delete from notes where text = 'z'").changed(), 0);
    EXPECT_EQ(read("select 1 union select 2").changed(), 0);
}

TEST_F(Statements, wrong_statements_and_broken_constraints_are_told_apart_from_a_dead_database)
{
    write("insert into notes (text) values ('a')");
    EXPECT_THROW(write("insert into notes (text) values ('a')"), StatementError);
    EXPECT_THROW(write("insert into notes (text) values (null)"), StatementError);
    EXPECT_THROW(write("insert into tags (note_id) values (99)"), StatementError) << "refused at COMMIT";
    EXPECT_THROW(write("insert into nowhere values (1)"), StatementError);
    EXPECT_THROW(read("select $1::bigint, $2::bigint", 1), StatementError);
    EXPECT_THROW(read("selekt"), StatementError);
    EXPECT_THROW(read("selekt"), StatementError) << "again: its preparation failed";
    EXPECT_THROW(read("select 1; select 2"), StatementError);
    EXPECT_THROW(read("select $1::text", std::string("a\0b", 3)), StatementError);
    EXPECT_EQ(count(), 1);
}

TEST_F(Statements, a_read_may_not_write)
{
    EXPECT_THROW(read("insert into notes (text) values ('a')"), StatementError);
    EXPECT_THROW(loop.run(database.snapshot([](db::Transaction& transaction) { return insert_note(transaction, "a"); })), StatementError);
    EXPECT_EQ(count(), 0);
}

asio::awaitable<void> read_one(db::Database& database, std::int64_t number, bool is_wrong, int& right)
{
    static constexpr db::Sql good = "select $1 + 1";
    static constexpr db::Sql bad = "select $1 / 0";
    try {
        auto const rows = is_wrong ? co_await database.read(bad, number) : co_await database.read(good, number);
        right += !is_wrong && rows.front().only().integer() == number + 1;
    } catch (StatementError const&) {
        right += is_wrong;
    }
}

TEST_F(Statements, an_error_among_a_hundred_reads_at_once_stays_with_its_statement)
{
    int right = 0;
    std::vector<asio::awaitable<void>> works;
    for (int number = 0; number < 100; ++number) works.push_back(read_one(database, number, number % 7 == 0, right));
    loop.run_all(std::move(works));
    EXPECT_EQ(right, 100);
}

asio::awaitable<void> read_block(db::Database& database, std::string letter, std::int64_t count, int& right)
{
    static constexpr db::Sql sql = "select repeat($1, $2::int), $3 from generate_series(1, 3)";
    auto const text = std::string(64 * 1024, 'x');
    auto const rows = co_await database.read(sql, letter, count, text);
    enum : std::size_t { letters, given };
    right +=
        rows.size() == 3 && rows[2].text(letters) == std::string(static_cast<std::size_t>(count), letter[0]) && rows[1].text(given) == text;
}

TEST_F(Statements, megabytes_go_both_ways_at_once)
{
    int right = 0;
    std::vector<asio::awaitable<void>> works;
    for (int number = 0; number < 12; ++number) {
        works.push_back(read_block(database, std::string(1, static_cast<char>('a' + number)), 1'000'000, right));
    }
    loop.run_all(std::move(works));
    EXPECT_EQ(right, 12);
}

} // namespace
} // namespace pollux::test
