#include "accounts/sms/stop_rule.hpp"

#include "accounts/sms/sms_log_store.hpp"

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
    for (auto const& [what, tally, is_to_stop] : cases) EXPECT_EQ(is_stopped(tally, {}), is_to_stop) << what;
}

TEST(StopRule, goes_by_what_is_set)
{
    StopRule const strict{.judged_from = 5, .used_percent_min = 50};
    EXPECT_FALSE(is_stopped({4, 0, 0}, strict));
    EXPECT_TRUE(is_stopped({5, 2, 0}, strict));
    EXPECT_FALSE(is_stopped({6, 3, 0}, strict));
    StopRule const patient{.judged_from = 500, .used_percent_min = 1};
    EXPECT_FALSE(is_stopped({499, 0, 0}, patient));
    EXPECT_TRUE(is_stopped({500, 4, 0}, patient));
    EXPECT_FALSE(is_stopped({500, 5, 0}, patient));
    EXPECT_FALSE(is_stopped({1'000'000, 0, 0}, {.judged_from = 1, .used_percent_min = 0}));
}

} // namespace
} // namespace pollux::accounts::sms
