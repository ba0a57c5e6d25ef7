// For how long what was paid holds: by the database's clock, and without a word from the provider.
#include "billing/left_behind.hpp"
#include "store/payments_fixture.hpp"

namespace pollux::test {
namespace {

using std::chrono::days;

using UnitWork = asio::awaitable<void> (*)(db::Transaction&, UserId, std::string);

asio::awaitable<int> in_unit(db::Transaction& transaction, UnitWork work, UserId user, std::string number_key)
{
    co_await work(transaction, user, std::move(number_key));
    co_return 0;
}

TEST_F(PaymentStores, a_paid_period_holds_until_its_end_and_the_slack_of_a_renewal)
{
    auto const user = add_user();
    subscriber(user);
    EXPECT_EQ(tier(user), "pro");
    advance(days(33) - 1s);
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    advance(1s);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(PaymentStores, a_renewal_that_is_seen_goes_on)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    advance(days(31));
    world.set_period(subscription, now() - days(1));
    sync(user);
    advance(days(20));
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentStores, who_cancelled_has_the_plan_to_the_second)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const at = now() + days(10);
    world.set(subscription, "cancel_at", StripeWorld::seconds(at));
    sync(user);
    EXPECT_EQ(status(user).cancels_at, at);
    advance(days(10) - 1s);
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    advance(1s);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(PaymentStores, the_end_of_the_period_is_the_end_for_who_cancels)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const end = now() + days(30);
    EXPECT_EQ(temp.run(till->service.cancel(user, soon())).value().cancels_at, end);
    advance(days(30) - 1s);
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    advance(1s);
    run_tasks();
    EXPECT_EQ(tier(user), "basic") << "no slack: nothing is renewed";

    world.set_period(subscription, now());
    EXPECT_EQ(temp.run(till->service.reactivate(user, soon())).value().cancels_at, std::nullopt);
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentStores, a_payment_that_fails_leaves_the_plan_for_the_days_of_grace)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    advance(days(30));
    world.set(subscription, "status", "past_due");
    world.set_period(subscription, now());
    sync(user);
    EXPECT_EQ(status(user).grace_until, now() + days(3));
    advance(days(3) - 1s);
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    advance(1s);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(status(user).status, "past_due");
}

TEST_F(PaymentStores, a_trial_is_given_once)
{
    auto const user = add_user();
    auto const first = buy(user).value();
    EXPECT_EQ(world.sessions.at(first.session_id).at("trial"), "7");
    world.sessions.at(first.session_id)["status"] = "complete";
    auto const subscription = world.subscribe(customer(user), now());
    world.set(subscription, "status", "trialing");
    sync(user);
    EXPECT_EQ(tier(user), "pro");
    world.set(subscription, "status", "canceled");
    sync(user);
    auto const second = buy(user).value();
    EXPECT_NE(second.session_id, first.session_id);
    EXPECT_FALSE(world.sessions.at(second.session_id).contains("trial"));
}

// By its number, whose MAC outlives the account for a year.
TEST_F(PaymentStores, a_trial_is_given_once_also_to_who_deletes_the_account)
{
    auto const unit = [&](UnitWork work, UserId user, std::string number_key) {
        temp.run(temp.database().transact([=](db::Transaction& transaction) { return in_unit(transaction, work, user, number_key); }));
    };
    auto const comes_back = [&](char const* number_key) {
        auto const user = add_user();
        unit(billing::take_up_left, user, number_key);
        return user;
    };
    auto const has_trial = [&](UserId user) { return world.sessions.at(buy(user).value().session_id).contains("trial"); };

    auto const buyer = add_user();
    auto const looker = add_user();
    subscriber(buyer);
    EXPECT_TRUE(has_trial(looker)) << "a session that nobody pays is no purchase";
    for (auto const& [user, number_key] : {std::pair(buyer, "number_1"), std::pair(looker, "number_2")}) {
        unit(billing::leave_behind, user, number_key);
        erase(user);
    }
    run_tasks();

    EXPECT_TRUE(has_trial(comes_back("number_2")));
    auto const second = comes_back("number_1");
    EXPECT_FALSE(has_trial(second));
    unit(billing::leave_behind, second, "number_1"); // Without having bought anything this time.
    erase(second);
    EXPECT_FALSE(has_trial(comes_back("number_1")));

    advance(billing::purchases_kept + 1s);
    EXPECT_EQ(temp.run(billing::forget_left(temp.database())), 1);
    EXPECT_EQ(temp.run(billing::forget_left(temp.database())), 0);
    EXPECT_TRUE(has_trial(comes_back("number_1")));
}

TEST_F(PaymentStores, a_grant_goes_on_where_payment_ends)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    ASSERT_TRUE(temp.run(tiers.grant({user, "pro", now() + days(60), "operator", ""})));
    world.set(subscription, "status", "canceled");
    sync(user);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(status(user).source, "admin");
    advance(days(60));
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
}

// At the last moment of a day, and around what was used by then.
TEST_F(PaymentStores, used_units_stay_used_through_changes_of_the_plan)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const to_midnight = days(1) - now().time_since_epoch() % days(1);
    advance(to_midnight - 100ms);
    for (int sent = 0; sent < 3; ++sent) send(user, room);
    EXPECT_EQ(used(user), 3);
    auto const subscription = subscriber(user);
    auto const usage = temp.run(billing.usage(user, std::nullopt)).value();
    EXPECT_EQ(usage.limit, 1000);
    EXPECT_EQ(usage.used, 3);
    world.set(subscription, "status", "unpaid");
    sync(user);
    EXPECT_EQ(temp.run(billing.usage(user, std::nullopt)).value().used, 3);
    advance(100ms);
    EXPECT_EQ(used(user), 0) << "a new day";
}

} // namespace
} // namespace pollux::test
