#include "accounts/sms/stop_rule.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts::sms {
namespace {

struct Case {
    char const* what;
    Tally tally;
    bool is_stopped;
};

TEST(StopRule, stops_where_nobody_uses_codes)
{
    Case const cases[] = {
        {"nothing yet", {0, 0, 0}, false},
        {"too few to judge", {19, 0, 0}, false},
        {"twenty that nobody used", {20, 0, 0}, true},
        {"one of five was used", {20, 4, 0}, false},
        {"a little less", {20, 3, 0}, true},
        {"a little less of many", {1'000, 199, 0}, true},
        {"just enough of many", {1'000, 200, 0}, false},
        {"all of them are on their way", {20, 0, 20}, false},
        {"a crowd that comes at once", {39, 0, 39}, false},
        {"more than any crowd that is let in unseen", {40, 0, 40}, true},
        {"a crowd, of whom some have typed theirs", {60, 8, 52}, false},
        {"new ones behind old ones that nobody used", {45, 0, 20}, true},
    };
    for (auto const& [what, tally, is_to_stop] : cases) EXPECT_EQ(is_stopped(tally), is_to_stop) << what;
}

} // namespace
} // namespace pollux::accounts::sms
