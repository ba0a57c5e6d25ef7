// Who has which plan, of all that was granted and paid for: which payments count, what the sweep mends, what is forgotten.
#include "audit/audit.hpp"
#include "store/tiers_fixture.hpp"

namespace pollux::test {
namespace {

TEST_F(TierStores, the_sweep_mends_what_a_lost_task_left)
{
    std::vector<UserId> users;
    for (int count = 0; count < 8; ++count) users.push_back(add_user());
    for (auto user : users) grant(user, "pro", now() + 1h);
    auto const lasting = add_user();
    grant(lasting, "team");
    lose_tasks();
    advance(1h);
    EXPECT_EQ(run_tasks(), 0);
    EXPECT_EQ(sweep(), 8);
    for (auto user : users) EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(tier(lasting), "team");
    EXPECT_EQ(sweep(), 0) << "nothing is left to mend";
    EXPECT_EQ(tasks_of("tell_plan"), 8);

    rows("update users set tier = 'pro', tier_until = 5 where tier = 'basic'"); // As nobody but the owner may.
    EXPECT_EQ(sweep(), 8);
    rows("update users set tier = 'basic'");
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(tier(lasting), "team");
}

TEST_F(TierStores, the_sweep_is_a_task_that_may_run_twice)
{
    auto const user = add_user();
    grant(user, "pro", now() + 1h);
    lose_tasks();
    advance(1h);
    tasks::TaskStore store(temp.database());
    for (int round = 0; round < 2; ++round) {
        EXPECT_TRUE(temp.run(store.begin_period(billing::tier_sweep_task, 1h)));
        run_tasks();
        EXPECT_EQ(tier(user), "basic");
        advance(1h);
    }
    EXPECT_EQ(audit_of(user).size(), 3U) << "granted, given, taken";
}

TEST_F(TierStores, payments_of_the_mode_in_force_count_and_no_others)
{
    auto const user = add_user();
    PaidPlan const paid{"sub_1", "pro", now() + 24h, "active"};
    EXPECT_FALSE(pay(user, {paid})) << "nothing is sold yet";
    EXPECT_EQ(tier(user), "basic");
    use(test_mode);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    use(live);
    EXPECT_EQ(tasks_of("tier_sweep"), 1);
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(temp.run(tiers.tier_of(user)).source, TierSource::stripe);
    EXPECT_FALSE(pay(user, {{"sub_t", "team", std::nullopt, "active"}}, test_mode));
    EXPECT_EQ(tier(user), "pro");
    use(live);
    EXPECT_EQ(tasks_of("tier_sweep"), 0) << "it was in force";
    use({"live", "acct_2"});
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    use(test_mode);
    run_tasks();
    EXPECT_EQ(tier(user), "team");
    use({"demo", ""});
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    pay(user, {{"demo_1", "pro", std::nullopt, "active"}}, {"demo", ""});
    EXPECT_EQ(temp.run(tiers.tier_of(user)).source, TierSource::demo);
    take_out("test");
    EXPECT_EQ(tier(user), "pro") << "another mode than that in force";
    take_out("demo");
    EXPECT_EQ(tier(user), "basic") << "none is in force any more";
}

TEST_F(TierStores, a_payment_takes_the_place_of_what_was_paid_before)
{
    auto const user = add_user();
    use(live);
    EXPECT_TRUE(pay(user, {{"sub_1", "pro", now() + 24h, "active"}}));
    EXPECT_FALSE(pay(user, {{"sub_1", "pro", now() + 24h, "active"}})) << "it may be said twice";
    EXPECT_TRUE(pay(user, {{"sub_1", "pro", now() + 24h, "active"}, {"sub_2", "team", now() + 12h, "trialing"}}));
    EXPECT_EQ(tier(user), "team");
    EXPECT_TRUE(pay(user, {{"sub_2", "pro", now() + 48h, "active"}}));
    EXPECT_EQ(tier_until(user), now() + 48h);
    grant(user, "plus");
    EXPECT_EQ(tier(user), "plus") << "of the same rank, and without end";
    EXPECT_EQ(revoke(user, "plus"), "pro");
    EXPECT_TRUE(pay(user, {}));
    EXPECT_EQ(tier(user), "basic");
    EXPECT_FALSE(pay(UserId{999}, {{"sub_9", "pro", std::nullopt, "active"}})) << "nobody is there any more";
    EXPECT_EQ(number("select count(*) from entitlements"), 0);
}

TEST_F(TierStores, a_deleted_account_gets_nothing_back)
{
    auto const user = add_user();
    use(live);
    grant(user, "pro", now() + 1h);
    pay(user, {{"sub_1", "team", now() + 2h, "active"}});
    rows("update users set mobile = 'gone:1', tier = 'gone', tier_until = null");
    EXPECT_EQ(grant(user, "pro"), "user_not_found");
    EXPECT_FALSE(pay(user, {{"sub_1", "pro", std::nullopt, "active"}}));
    EXPECT_EQ(sweep(), 0);
    advance(3h);
    run_tasks();
    EXPECT_EQ(tier(user), "gone");
}

TEST_F(TierStores, old_rows_of_audit_are_forgotten)
{
    auto const user = add_user();
    grant(user, "pro");
    EXPECT_EQ(temp.run(audit::forget_old(temp.database())), 0);
    advance(audit::kept + 1h);
    EXPECT_EQ(temp.run(audit::forget_old(temp.database())), 2);
}

} // namespace
} // namespace pollux::test
