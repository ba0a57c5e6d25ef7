// The provider answers nothing: for an hour, for a day, and at the start of a process. Nobody loses a plan by it, who buys or changes
// something is told to come back, and what happened meanwhile is right when it answers again.
#include "billing/payments/reconcile.hpp"
#include "store/payments_fixture.hpp"

#include <map>

namespace pollux::test {
namespace {

using std::chrono::days;

class PaymentOutages : public PaymentStores {
protected:
    // One of each state that has a plan, by a name for it.
    PaymentOutages()
    {
        subscribed("paid", now() - days(10));
        subscribed("renewed within the hour", now() - days(30) + 20min);
        world.set(subscribed("at the end of a trial", now() - days(30) + 40min), "status", "trialing");
        world.set(subscribed("in grace", now() - days(1)), "status", "past_due");
        auto const leaving = subscribed("cancelled for later", now() - days(10));
        world.set(leaving, "cancel_at", StripeWorld::seconds(now() + days(5)));
        for (auto const& [name, user] : users) sync(user);
        users["granted"] = add_user();
        EXPECT_TRUE(temp.run(tiers.grant({users["granted"], "pro", now() + days(2), "operator", ""})));
        all_are("pro", "before");
    }

    std::string subscribed(std::string const& name, Time start)
    {
        users[name] = add_user();
        subscriptions[name] = subscriber(users[name]);
        world.set_period(subscriptions[name], start);
        return subscriptions[name];
    }

    void all_are(std::string_view plan, std::string const& when)
    {
        for (auto const& [name, user] : users) EXPECT_EQ(tier(user), plan) << name << ", " << when;
    }

    // In steps, as servers that run would see it.
    void live(std::chrono::minutes time, std::chrono::minutes step)
    {
        for (auto gone = 0min; gone < time; gone += step) {
            advance(step);
            begin_hour();
            all_are("pro", "after " + std::to_string((gone + step).count()) + " minutes of it");
        }
    }

    template <class T>
    static void is_told_to_come_back(Result<T> const& answer, char const* what)
    {
        ASSERT_FALSE(answer) << what;
        EXPECT_EQ(answer.error().kind(), ErrorKind::unavailable) << what;
        EXPECT_EQ(answer.error().code(), "payment_provider_slow") << what;
        EXPECT_TRUE(answer.error().retry_after()) << what;
    }

    std::map<std::string, UserId> users;
    std::map<std::string, std::string> subscriptions;
};

TEST_F(PaymentOutages, of_an_hour_take_nobodys_plan_and_are_noticed_by_who_buys_alone)
{
    auto const buyer = add_user();
    auto const session = buy(buyer).value().session_id;
    std::map<std::string, billing::SubscriptionStatus> before;
    for (auto const& [name, user] : users) before[name] = status(user);

    world.is_away = true;
    live(60min, 5min);

    for (auto const& [name, user] : users) {
        auto const now_shown = status(user);
        EXPECT_EQ(now_shown.tier, "pro") << name;
        EXPECT_EQ(now_shown.status, before[name].status) << name;
        EXPECT_EQ(now_shown.plan, before[name].plan) << name;
        EXPECT_EQ(now_shown.current_period_end, before[name].current_period_end) << name;
        EXPECT_EQ(now_shown.cancels_at, before[name].cancels_at) << name;
        EXPECT_EQ(now_shown.grace_until, before[name].grace_until) << name;
        EXPECT_EQ(now_shown.source, before[name].source) << name;
    }
    EXPECT_EQ(status(buyer, session).status, "pending") << "who comes back from paying is told what is known";
    EXPECT_EQ(temp.run(till->prices.sold()).at("pro").size(), 2u) << "prices are shown";

    auto const payer = users["paid"];
    auto const customers = world.customers.size();
    is_told_to_come_back(buy(add_user()), "a first purchase");
    is_told_to_come_back(buy(buyer), "a purchase that is under way");
    is_told_to_come_back(buy(payer), "a second purchase");
    is_told_to_come_back(temp.run(till->service.portal(payer, stripe::PortalFlow::none, std::nullopt, soon())), "the portal");
    is_told_to_come_back(temp.run(till->service.cancel(payer, soon())), "a cancellation");
    is_told_to_come_back(temp.run(till->service.reactivate(payer, soon())), "the undoing of one");
    EXPECT_EQ(world.customers.size(), customers);

    // Nor does the walk take what it does not see.
    billing::Reconcile walk({temp.database(), world, till->account, installation, tiers, bell}, days(3), {});
    auto const walked = temp.run(walk.go_on({"a holder", soon(), [] { return false; }}));
    EXPECT_EQ(walked.stand, billing::Reconcile::Stand::away);
    all_are("pro", "after a walk");
}

TEST_F(PaymentOutages, at_the_start_with_a_key_that_nobody_knows_yet_show_what_counted_before)
{
    auto const before = status(users["paid"]);
    be("a key of yesterday's, made anew");
    world.is_away = true;
    world.calls.clear();
    auto const shown = status(users["paid"]);
    EXPECT_EQ(shown.tier, "pro");
    EXPECT_EQ(shown.status, before.status);
    EXPECT_EQ(shown.current_period_end, before.current_period_end);
    EXPECT_TRUE(world.calls.empty()) << "nobody waits for whose key it is";
}

TEST_F(PaymentOutages, of_a_day_are_within_the_slack_of_a_renewal)
{
    world.is_away = true;
    live(24h, 1h);
    EXPECT_EQ(tier(users["renewed within the hour"]), "pro");
    advance(days(2) + 20min - 1s); // Three days after its period.
    run_tasks();
    EXPECT_EQ(tier(users["renewed within the hour"]), "pro");
    advance(1s);
    run_tasks();
    EXPECT_EQ(tier(users["renewed within the hour"]), "basic") << "but no longer";
    EXPECT_EQ(tier(users["paid"]), "pro");
}

TEST_F(PaymentOutages, keep_nobody_who_ends_by_time)
{
    auto const user = users["paid"];
    world.set(subscriptions["paid"], "cancel_at", StripeWorld::seconds(now() + 30min));
    sync(user);
    world.is_away = true;
    advance(30min - 1s);
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    advance(1s);
    run_tasks();
    EXPECT_EQ(tier(user), "basic") << "nobody has to be asked for that";
}

TEST_F(PaymentOutages, are_survived_by_a_process_that_starts_in_them)
{
    world.is_away = true;
    use_key("key_1");
    live(60min, 20min);
    EXPECT_EQ(in_force(), "live acct_1");
    EXPECT_EQ(status(users["paid"]).status, "active");
    EXPECT_EQ(temp.run(till->prices.sold()).at("pro").size(), 2u);
    is_told_to_come_back(buy(add_user()), "a purchase");
}

TEST_F(PaymentOutages, are_made_good_when_they_are_over)
{
    auto const buyer = add_user();
    world.is_away = true;
    is_told_to_come_back(buy(buyer), "a purchase");
    // What happened meanwhile is told, and cannot be looked at.
    auto const renewed = users["renewed within the hour"];
    auto const refused = users["in grace"];
    world.set_period(subscriptions["renewed within the hour"], now() + 20min);
    world.set(subscriptions["in grace"], "status", "unpaid");
    for (auto const user : {renewed, refused}) EXPECT_TRUE(post(event_json("evt_" + customer(user), customer(user))));
    live(60min, 5min);
    EXPECT_EQ(tasks_of(billing::sync_customer_task), 2);
    is_told_to_come_back(buy(buyer), "a purchase again");

    world.is_away = false;
    advance(1min); // No wait is longer.
    run_tasks();
    EXPECT_EQ(tasks_of(billing::sync_customer_task), 0);
    EXPECT_EQ(status(renewed).current_period_end, FakeClock::start() + 20min + days(30));
    EXPECT_EQ(tier(refused), "basic");
    auto const customers = world.customers.size();
    auto const session = buy(buyer).value().session_id;
    EXPECT_EQ(buy(buyer).value().session_id, session);
    EXPECT_EQ(world.customers.size(), customers + 1);
    EXPECT_EQ(world.payable(customer(buyer)), 1);
}

} // namespace
} // namespace pollux::test
