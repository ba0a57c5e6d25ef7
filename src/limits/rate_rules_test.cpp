#include "limits/rate_rules.hpp"

#include <gtest/gtest.h>

namespace pollux::limits {
namespace {

using namespace std::chrono_literals;

TEST(RateRules, built_in_classes_count_who_they_can)
{
    auto rules = built_in_rate_rules();
    EXPECT_FALSE(rules.of(RateClass::none).per_user);
    EXPECT_FALSE(rules.of(RateClass::none).per_address);
    EXPECT_FALSE(rules.of(RateClass::auth).per_user); // Nobody has a name before the login.
    EXPECT_EQ(rules.of(RateClass::auth).per_address->count, 20);
    EXPECT_EQ(rules.of(RateClass::otp).per_address->count, 10);
    EXPECT_EQ(rules.of(RateClass::send).per_user->count, 60);
    EXPECT_EQ(rules.of(RateClass::send).per_address->count, 300);
    EXPECT_EQ(rules.of(RateClass::read).per_user->count, 600);
    EXPECT_EQ(rules.of(RateClass::read).per_address->count, 1'200);
}

TEST(RateRules, a_rule_is_replaced_by_its_name)
{
    auto rules = built_in_rate_rules();
    EXPECT_TRUE(set_rate_rule(rules, "send", {5, 10s}));
    EXPECT_TRUE(set_rate_rule(rules, "read_address", {70, 120s}));
    EXPECT_TRUE(set_rate_rule(rules, "otp", {1'000'000, 24h}));
    EXPECT_TRUE(set_rate_rule(rules, "create", {1, 10s}));
    EXPECT_TRUE(set_rate_rule(rules, "create_address", {2, 10s}));
    EXPECT_TRUE(set_rate_rule(rules, "webhook", {3, 10s}));
    EXPECT_EQ(rules.send.per_user->count, 5);
    EXPECT_EQ(rules.create.per_user->count, 1);
    EXPECT_EQ(rules.create.per_address->count, 2);
    EXPECT_EQ(rules.of(RateClass::webhook).per_address->count, 3);
    EXPECT_FALSE(rules.of(RateClass::webhook).per_user);
    EXPECT_EQ(rules.send.per_user->window, 10s);
    EXPECT_EQ(rules.send.per_address->count, 300);
    EXPECT_EQ(rules.read.per_address->count, 70);
    EXPECT_EQ(rules.otp.per_address->window, 24h);
    EXPECT_FALSE(rules.plan); // Plans say it themselves.
    EXPECT_TRUE(set_rate_rule(rules, "plan", {7, 60s}));
    EXPECT_EQ(rules.plan->count, 7);
}

TEST(RateRules, what_is_wrong_is_said)
{
    struct Case {
        char const* name;
        RateRule rule;
        char const* why;
    };
    for (auto const& [name, rule, why] : {
             Case{"send", {0, 60s}, "send: the number of requests must be 1 to 1000000"},
             {"send", {-3, 60s}, "send: the number of requests must be 1 to 1000000"},
             {"read", {1'000'001, 60s}, "read: the number of requests must be 1 to 1000000"},
             {"send", {60, 0s}, "send: the time must be 1 s to 24 h"},
             {"send", {60, 86'401s}, "send: the time must be 1 s to 24 h"},
             {"sned",
              {60, 60s},
              "sned: no such rule; there are auth, otp, webhook, send, send_address, create, create_address, read, read_address, plan"},
             {"",
              {60, 60s},
              ": no such rule; there are auth, otp, webhook, send, send_address, create, create_address, read, read_address, plan"},
         }) {
        auto rules = built_in_rate_rules();
        auto set = set_rate_rule(rules, name, rule);
        ASSERT_FALSE(set) << name;
        EXPECT_EQ(set.error().kind(), ErrorKind::invalid);
        EXPECT_EQ(set.error().message(), why);
        EXPECT_EQ(rules.send.per_user->count, 60);
    }
}

} // namespace
} // namespace pollux::limits
