#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

std::string end_of(std::string_view text)
{
    auto const end = parse_end(text);
    return end ? rfc3339(*end) : "nothing";
}

TEST(TimeText, a_date_lasts_until_its_day_is_over)
{
    EXPECT_EQ(end_of("2026-12-31"), "2027-01-01T00:00:00.000000Z");
    EXPECT_EQ(end_of("2028-02-28"), "2028-02-29T00:00:00.000000Z");
    EXPECT_EQ(end_of(" 2026-11-29 "), "2026-11-30T00:00:00.000000Z");
}

TEST(TimeText, a_time_ends_at_itself)
{
    EXPECT_EQ(end_of("2026-12-31T18:00:00Z"), "2026-12-31T18:00:00.000000Z");
    EXPECT_EQ(end_of("2026-12-31 18:00:00z"), "2026-12-31T18:00:00.000000Z");
    EXPECT_EQ(end_of("2026-12-31T18:00:00+01:00"), "2026-12-31T17:00:00.000000Z");
    EXPECT_EQ(end_of("2026-12-31T18:00:00-05:30"), "2026-12-31T23:30:00.000000Z");
    EXPECT_EQ(end_of("2026-12-31T23:59:59.9Z"), "2026-12-31T23:59:59.900000Z");
    EXPECT_EQ(end_of("2026-12-31T23:59:59.1234567890123456789Z"), "2026-12-31T23:59:59.123456Z");
    EXPECT_EQ(end_of("2026-12-31T23:59:59.000001Z"), "2026-12-31T23:59:59.000001Z") << "as it is written out";
}

TEST(TimeText, what_is_no_time_is_refused)
{
    for (auto const* text : {"",
                             "tomorrow",
                             "2026",
                             "2026-13-01",
                             "2026-02-29",
                             "2026-00-10",
                             "26-12-31",
                             "2026-12-31T",
                             "2026-12-31T18:00",
                             "2026-12-31T24:00:00Z",
                             "2026-12-31T18:60:00Z",
                             "2026-12-31T18:00:60Z",
                             "2026-12-31T18:00:00",
                             "2026-12-31T18:00:00.Z",
                             "2026-12-31T18:00:00ZZ",
                             "2026-12-31T18:00:00+25:00",
                             "2026-12-31T18:00:00+0100",
                             "9999-01-01",
                             "-2026-12-31",
                             "2026-12-31\n2026-12-31"})
        EXPECT_EQ(end_of(text), "nothing") << text;
}

} // namespace
} // namespace pollux
