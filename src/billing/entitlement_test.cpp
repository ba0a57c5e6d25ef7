#include "billing/entitlement.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pollux::billing {
namespace {

constexpr Time now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)};
constexpr std::chrono::microseconds tick{1};
constexpr std::chrono::hours day{24};

TierClaim const basic{"basic", 0, std::nullopt, TierSource::none};

TierClaim granted(std::optional<Time> until, std::string plan = "pro", std::int64_t rank = 1)
{
    return {std::move(plan), rank, until, TierSource::admin};
}
TierClaim paid(std::optional<Time> until, std::string plan = "pro", std::int64_t rank = 1)
{
    return {std::move(plan), rank, until, TierSource::stripe};
}

struct Case {
    char const* what;
    std::vector<TierClaim> claims;
    Tier expected;
};

std::vector<Case> const cases{
    {"nothing is known", {}, {"basic", std::nullopt, TierSource::none}},
    {"nothing but basic", {basic}, {"basic", std::nullopt, TierSource::none}},
    {"a grant without end", {basic, granted(std::nullopt)}, {"pro", std::nullopt, TierSource::admin}},
    {"a grant with an end", {basic, granted(now + day)}, {"pro", now + day, TierSource::admin}},
    {"a grant that is over", {basic, granted(now - day)}, {"basic", std::nullopt, TierSource::none}},
    {"a grant that ends now", {basic, granted(now)}, {"basic", std::nullopt, TierSource::none}},
    {"a grant that ends a microsecond later", {basic, granted(now + tick)}, {"pro", now + tick, TierSource::admin}},
    {"a grant that ended a microsecond ago", {basic, granted(now - tick)}, {"basic", std::nullopt, TierSource::none}},
    {"two of one rank: the later end",
     {basic, granted(now + day), granted(now + 2 * day, "plus")},
     {"plus", now + 2 * day, TierSource::admin}},
    {"two of one rank: the one without end",
     {basic, granted(std::nullopt), granted(now + day, "plus")},
     {"pro", std::nullopt, TierSource::admin}},
    {"one of them is over", {basic, granted(now), granted(now + day, "plus")}, {"plus", now + day, TierSource::admin}},
    {"the higher rank, though it ends sooner",
     {basic, granted(std::nullopt), granted(now + tick, "team", 2)},
     {"team", now + tick, TierSource::admin}},
    {"the higher rank is over", {basic, granted(std::nullopt), granted(now, "team", 2)}, {"pro", std::nullopt, TierSource::admin}},
    {"paid and granted: the later end", {basic, paid(now + day), granted(now + 2 * day)}, {"pro", now + 2 * day, TierSource::admin}},
    {"paid and granted, the same end: paid", {basic, granted(now + day), paid(now + day)}, {"pro", now + day, TierSource::stripe}},
    {"paid and granted, both without end: paid",
     {basic, granted(std::nullopt), paid(std::nullopt)},
     {"pro", std::nullopt, TierSource::stripe}},
    {"all the same: by name", {basic, granted(now + day, "zeta"), granted(now + day, "alpha")}, {"alpha", now + day, TierSource::admin}},
    {"a demo's payment", {basic, {"pro", 1, now + day, TierSource::demo}}, {"pro", now + day, TierSource::demo}},
    {"all are over", {basic, paid(now), granted(now - day), granted(now - tick, "team", 2)}, {"basic", std::nullopt, TierSource::none}},
};

TEST(Entitlement, is_the_highest_plan_that_holds_now)
{
    for (auto const& one : cases) EXPECT_EQ(judge_tier(one.claims, now), one.expected) << one.what;
}

TEST(Entitlement, does_not_depend_on_the_order_of_what_is_known)
{
    for (auto const& one : cases) {
        auto claims = one.claims;
        std::ranges::sort(claims, {}, [](auto const& claim) { return std::pair(claim.plan, claim.until.value_or(Time::max())); });
        for (std::size_t turn = 0; turn < claims.size(); ++turn) {
            std::ranges::rotate(claims, claims.begin() + 1);
            EXPECT_EQ(judge_tier(claims, now), one.expected) << one.what;
        }
        std::ranges::reverse(claims);
        EXPECT_EQ(judge_tier(claims, now), one.expected) << one.what;
    }
}

// Walks from end to end, as tier_due does.
TEST(Entitlement, falls_plan_by_plan_as_time_goes_on)
{
    std::vector<TierClaim> const claims{basic, granted(now + 3 * day), granted(now + day, "team", 2), paid(now + 2 * day, "plus", 1)};
    std::vector<std::string> plans;
    for (auto at = now;;) {
        auto const tier = judge_tier(claims, at);
        plans.push_back(tier.plan);
        if (!tier.until) break;
        EXPECT_EQ(judge_tier(claims, *tier.until - tick), tier) << "nothing changes before its end";
        at = *tier.until;
    }
    EXPECT_EQ(plans, (std::vector<std::string>{"team", "pro", "basic"}));
}

} // namespace
} // namespace pollux::billing
