#include "db/value.hpp"

#include "db/columns.hpp"

#include <gtest/gtest.h>

namespace pollux::db {
namespace {

namespace column {
enum : std::size_t { id, name, count };
}
enum class Scoped : std::size_t { id, name };

// Whether something may stand for a column, in each of the readers.
template <class T>
constexpr bool is_taken =
    requires(Row row, T column) { row.integer(column); } || requires(Row row, T column) { row.text(column); } ||
    requires(Row row, T column) { row.boolean(column); } || requires(Row row, T column) { row.time(column); } ||
    requires(Row row, T column) { row.is_null(column); } || requires(Row row, T column) { row.optional_integer(column); } ||
    requires(Row row, T column) { row.optional_text(column); } || requires(Row row, T column) { row.optional_time(column); } ||
    requires(Row row, T column) { row.template id<UserId>(column); };

static_assert(is_taken<Scoped> && is_taken<decltype(column::id)>);
static_assert(!is_taken<int> && !is_taken<std::size_t> && !is_taken<unsigned char> && !is_taken<bool>, "a bare number compiles nowhere");
static_assert(!is_taken<decltype(column::id + 1)>, "neither does the column behind another one");

TEST(Row, is_read_by_the_names_of_its_columns)
{
    Rows const rows(column::count, {std::int64_t(7), std::string("Leda"), std::int64_t(8), {}}, 0);
    EXPECT_EQ(rows[0].id<UserId>(column::id), UserId{7});
    EXPECT_EQ(rows[0].text(column::name), "Leda");
    EXPECT_EQ(rows[1].integer(Scoped::id), 8);
    EXPECT_EQ(rows[1].optional_text(Scoped::name), std::nullopt);
    EXPECT_THROW(static_cast<void>(rows[1].text(column::name)), std::bad_variant_access);
}

TEST(Row, of_one_column_needs_no_name)
{
    Rows const rows(1, {std::int64_t(7), {}}, 0);
    EXPECT_EQ(rows[0].only().integer(), 7);
    EXPECT_EQ(rows[0].only().time(), time_of(7));
    EXPECT_TRUE(rows[0].only().boolean());
    EXPECT_TRUE(rows[1].only().is_null());
    EXPECT_EQ(rows[1].only().optional_integer(), std::nullopt);
    EXPECT_THROW(static_cast<void>(rows[0].only().text()), std::bad_variant_access);
}

TEST(Row, of_several_columns_has_no_only_one)
{
    Rows const rows(2, {std::int64_t(7), std::int64_t(8)}, 0);
    EXPECT_THROW(static_cast<void>(rows.front().only()), std::logic_error);
}

TEST(Columns, are_counted_as_the_database_counts_them)
{
    static_assert(columns_in("id") == 1);
    static_assert(columns_in("id, name") == column::count);
    static_assert(columns_in("coalesce(name, ''), max(a, min(b, c)), case when x in (1, 2) then 1 end") == 3);
}

} // namespace
} // namespace pollux::db
