#include "db/move/tally.hpp"

#include <gtest/gtest.h>

namespace pollux::db {
namespace {

Tally tally_of(std::vector<Params> const& rows)
{
    Tally tally;
    for (auto const& row : rows) tally.add(row);
    return tally;
}

TEST(Tally, counts_rows_in_any_order)
{
    EXPECT_EQ(tally_of({params(1, "a"), params(2, "b")}), tally_of({params(2, "b"), params(1, "a")}));
    EXPECT_EQ(tally_of({params(1, "a"), params(2, "b")}).rows(), 2);
    EXPECT_EQ(tally_of({}).checksum(), std::string(32, '0'));
    EXPECT_EQ(tally_of({params(1)}).checksum().size(), 32u);
}

TEST(Tally, tells_rows_apart)
{
    auto const one = tally_of({params(1, "a", "bc")});
    for (auto const& other : {params(1, "ab", "c"), params("a", "bc", 1), params(1, "a", "bC"), params("1", "a", "bc"),
                              params(1.0, "a", "bc"), params(1, "a", std::monostate())}) {
        EXPECT_NE(one.checksum(), tally_of({other}).checksum());
    }
    EXPECT_NE(tally_of({params("")}), tally_of({params(std::monostate())}));
}

TEST(Tally, a_row_that_stands_there_twice_does_not_cancel_itself)
{
    auto const twice = tally_of({params(1), params(1)});
    EXPECT_NE(twice.checksum(), tally_of({}).checksum());
    EXPECT_NE(twice.checksum(), tally_of({params(1)}).checksum());
    EXPECT_NE(tally_of({params(1), params(1), params(2)}).checksum(), tally_of({params(1), params(2), params(2)}).checksum());
}

} // namespace
} // namespace pollux::db
