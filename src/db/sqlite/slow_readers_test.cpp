#include "support/temp_sqlite.hpp"

#include <gtest/gtest.h>

namespace pollux::db {
namespace {

using namespace std::chrono_literals;

TEST(SqliteSlowReads, have_an_end)
{
    test::TempFolder folder;
    test::TestLoop loop;
    SqliteDatabase database({.file = folder / "notes.sqlite", .slow_reads = {.at_once = 1, .call_max = 50ms}});
    constexpr Sql endless = "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n";
    EXPECT_THROW(loop.run(slow_reads(database).read_slowly(endless)), Unavailable);
    EXPECT_EQ(loop.run(slow_reads(database).read_slowly("select 7")).front().only().integer(), 7) << "the thread goes on";
}

} // namespace
} // namespace pollux::db
