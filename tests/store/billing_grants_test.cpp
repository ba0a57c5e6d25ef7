// What an operator grants: the rows that say so, the tasks that look when it ends, and what is told.
#include "store/tiers_fixture.hpp"

namespace pollux::test {
namespace {

TEST_F(TierStores, a_grant_holds_at_once_and_ends_by_time_alone)
{
    auto const user = add_user();
    EXPECT_EQ(rate(user), 120);
    told(user);
    EXPECT_EQ(grant(user, "pro", now() + 1h), "pro");
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(tier_until(user), now() + 1h);
    EXPECT_EQ(run_tasks(), 1) << "it is told";
    EXPECT_EQ(told(user), (Words{"plan", "usage"}));
    EXPECT_EQ(rate(user), 600) << "not from memory any more";

    advance(1h - 1us);
    EXPECT_EQ(run_tasks(), 0);
    EXPECT_EQ(tier(user), "pro");
    advance(1us);
    EXPECT_EQ(run_tasks(), 2) << "looked at, and told";
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(tier_until(user), std::nullopt);
    EXPECT_EQ(told(user), (Words{"plan", "usage"}));
    EXPECT_EQ(rate(user), 120);
    EXPECT_EQ(number("select count(*) from tasks"), 0);
    EXPECT_EQ(audit_of(user), (Words{"operator grant: pro until 2026-03-01T13:00:00.000000Z",
                                     "operator tier: basic -> pro until 2026-03-01T13:00:00.000000Z by admin",
                                     "time tier: pro -> basic without end by none"}));
}

TEST_F(TierStores, a_grant_without_end_asks_for_no_task)
{
    auto const user = add_user();
    EXPECT_EQ(grant(user, "pro"), "pro");
    EXPECT_EQ(tier_until(user), std::nullopt);
    EXPECT_EQ(tasks_of("tier_due"), 0);
    EXPECT_EQ(revoke(user, "pro"), "basic");
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(revoke(user, "pro"), "grant_not_found");
}

TEST_F(TierStores, a_grant_takes_the_place_of_an_earlier_one_of_its_plan)
{
    auto const user = add_user();
    grant(user, "pro", now() + 5h);
    EXPECT_EQ(grant(user, "pro", now() + 1h), "pro");
    EXPECT_EQ(tier_until(user), now() + 1h);
    EXPECT_EQ(grant(user, "pro", now() + 9h), "pro");
    EXPECT_EQ(tier_until(user), now() + 9h);
    run_tasks();
    advance(2h); // The task comes at the earliest time that was ever asked for, and asks for the next.
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(tasks_of("tier_due"), 1);
    advance(7h);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(number("select count(*) from grants"), 1);
    EXPECT_EQ(temp.run(billing::TierStore::forget_ended(temp.database())), 0);
    advance(31 * 24h);
    EXPECT_EQ(temp.run(billing::TierStore::forget_ended(temp.database())), 1);
}

TEST_F(TierStores, the_end_of_one_grant_leaves_the_other)
{
    auto const user = add_user();
    grant(user, "pro", now() + 3h);
    EXPECT_EQ(grant(user, "team", now() + 1h), "team");
    run_tasks();
    advance(1h);
    EXPECT_EQ(run_tasks(), 2);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(tier_until(user), now() + 2h);
    EXPECT_EQ(tasks_of("tier_due"), 1) << "for the next end";
    advance(2h);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(TierStores, what_cannot_be_granted_is_refused_and_changes_nothing)
{
    auto const user = add_user();
    rows("update plans set is_archived = 1 where name = 'plus'");
    EXPECT_EQ(grant(UserId{999}, "pro"), "user_not_found");
    EXPECT_EQ(grant(user, "gold"), "plan_not_found");
    EXPECT_EQ(grant(user, "plus"), "plan_archived");
    EXPECT_EQ(grant(user, "basic"), "not_grantable");
    EXPECT_EQ(grant(user, "pro", now()), "past") << "it would be over";
    EXPECT_EQ(grant(user, "pro", now() + 1us), "pro");
    EXPECT_EQ(revoke(user, "gold"), "plan_not_found");
    EXPECT_EQ(revoke(user, "team"), "grant_not_found");
    EXPECT_EQ(revoke(UserId{999}, "pro"), "user_not_found");
    EXPECT_EQ(number("select count(*) from grants"), 1);
}

TEST_F(TierStores, who_has_an_archived_plan_keeps_it)
{
    auto const user = add_user();
    grant(user, "plus", now() + 2h);
    rows("update plans set is_archived = 1 where name = 'plus'");
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(tier(user), "plus");
    advance(2h);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(TierStores, grants_and_ends_at_once_leave_one_truth)
{
    auto const user = add_user();
    std::vector<asio::awaitable<void>> all;
    auto one = [](billing::Tiers* tiers, UserId user, Time until, int number) -> asio::awaitable<void> {
        if (number % 3 == 0) co_await tiers->revoke(user, "pro", "operator");
        if (number % 3 == 1) co_await tiers->grant(Grant{user, "pro", until, "operator", ""});
        if (number % 3 == 2) co_await tiers->look_at(user);
    };
    for (int number = 0; number < 30; ++number) all.push_back(one(&tiers, user, now() + std::chrono::hours(number), number));
    temp.loop().run_all(std::move(all));
    auto const should_be = temp.run(tiers.tier_of(user));
    EXPECT_EQ(tier(user), should_be.plan);
    EXPECT_EQ(tier_until(user), should_be.until);
    EXPECT_EQ(sweep(), 0);
}

} // namespace
} // namespace pollux::test
