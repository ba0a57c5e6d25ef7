// What happens between a look at the provider and what is made of it: purchases, cancellations, and objects that go.
#include "billing/payments/checkout_store.hpp"
#include "store/payments_fixture.hpp"

namespace pollux::test {
namespace {

using std::chrono::days;

class PaymentsBetween : public PaymentStores {
protected:
    std::string refusal(UserId user, std::optional<std::string> price = std::nullopt)
    {
        auto const answer = buy(user, std::move(price));
        return answer ? "" : answer.error().code();
    }
    void pay(std::string const& session, UserId user)
    {
        auto& sold = world.sessions.at(session);
        sold["subscription"] = world.subscribe(customer(user), now());
        sold["status"] = "complete";
        sold["payment_status"] = "paid";
        sold["url"] = nullptr;
    }
    // The buyer pays, and comes back, while an answer is on its way to somebody else.
    void pay_meanwhile(std::string const& session, UserId user)
    {
        world.meanwhile = [this, session, user]() -> asio::awaitable<void> {
            pay(session, user);
            auto const seen = co_await till->service.status(user, session, soon());
            EXPECT_EQ(seen.value().tier, "pro");
        };
    }
};

TEST_F(PaymentsBetween, a_purchase_that_an_old_answer_does_not_know_of_is_the_only_one)
{
    auto const user = add_user();
    auto const session = buy(user).value().session_id;
    pay_meanwhile(session, user); // The answer that says "no subscriptions" comes after all of it.
    EXPECT_EQ(refusal(user), "already_subscribed");
    EXPECT_EQ(world.payable(customer(user)), 0);
    EXPECT_EQ(world.sessions.size(), 1u);
}

TEST_F(PaymentsBetween, another_price_does_not_open_the_way_either)
{
    auto const user = add_user();
    buy(user, "price_year");
    auto const session = buy(user, "price_pro").value().session_id;
    pay_meanwhile(session, user);
    EXPECT_EQ(refusal(user, "price_year"), "already_subscribed");
    EXPECT_EQ(world.payable(customer(user)), 0);
}

TEST_F(PaymentsBetween, who_has_paid_is_not_told_to_be_about_to)
{
    auto const user = add_user();
    auto const session = buy(user).value().session_id;
    pay(session, user);
    EXPECT_EQ(status(user, session).status, "active");
    world.set(world.subscriptions.begin()->first, "status", "canceled");
    sync(user);
    EXPECT_EQ(status(user).status, "canceled") << "the session is no more pending than it was";
    EXPECT_EQ(refusal(user), "");
}

TEST_F(PaymentsBetween, nothing_is_sold_while_other_payments_are_in_force)
{
    auto const user = add_user();
    buy(user);
    world.account = "acct_2";
    use_key("key_2");
    world.account = "acct_1";
    be("key_1"); // A node that goes on with the settings of before.
    auto const sessions = world.sessions.size();
    for (auto const who : {user, add_user()}) {
        auto const answer = buy(who);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code(), "billing_not_configured");
        EXPECT_EQ(answer.error().kind(), ErrorKind::unavailable);
    }
    EXPECT_EQ(world.sessions.size(), sessions);
    EXPECT_EQ(world.customers.size(), 1u);
}

// What the alert tells an operator to do is all that there is to do.
TEST_F(PaymentsBetween, who_pays_by_a_price_that_is_named_later_has_the_plan_then)
{
    auto const user = add_user();
    buy(user);
    world.subscribe(customer(user), now(), "price_of_a_sale");
    auto const other = add_user();
    subscriber(other);
    sync(user);
    EXPECT_EQ(tier(user), "basic");
    world.calls.clear();
    temp.run(till->prices.ask_for({"price_pro", "price_year", "price_of_a_sale"})); // As a start with other settings.
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(std::ranges::count(world.calls, "GET /v1/subscriptions"), 1) << "nobody else is fetched";
}

// A key that is given back finds what was under way of its account, and none of the other's.
TEST_F(PaymentsBetween, what_is_under_way_is_of_one_account)
{
    auto const user = add_user();
    auto const first = buy(user).value().session_id;
    world.account = "acct_2";
    use_key("key_2");
    advance(1s);
    auto const second = buy(user).value().session_id;
    EXPECT_NE(second, first);
    world.account = "acct_1";
    use_key("key_1");
    EXPECT_EQ(buy(user).value().session_id, first);
    EXPECT_EQ(world.sessions.size(), 2u);
    EXPECT_EQ(number("select count(*) from checkouts"), 2);
}

TEST_F(PaymentsBetween, a_purchase_that_was_cut_and_is_refused_by_now_fails_nobody_elses)
{
    auto const user = add_user();
    buy(user);
    world.sessions.clear();
    rows("delete from checkouts");
    billing::CheckoutStore store(temp.database());
    temp.run(store.begin(user, {"live", "acct_1"}, "", {"one", "customer=cus_1&line_items[0][price]=price_pro", "price_pro"}));
    world.archived = {"price_pro"};
    EXPECT_EQ(refusal(user, "price_year"), "");
    EXPECT_EQ(refusal(user, "price_pro"), "invalid_input") << "one's own is told";
}

TEST_F(PaymentsBetween, a_cancellation_that_is_there_already_is_told)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    world.set(subscription, "cancel_at_period_end", true); // By a call whose answer was lost.
    EXPECT_EQ(temp.run(till->service.cancel(user, soon())).value().cancels_at, now() + days(30));
    world.set(subscription, "cancel_at_period_end", false);
    EXPECT_EQ(temp.run(till->service.reactivate(user, soon())).value().cancels_at, std::nullopt);
}

TEST_F(PaymentsBetween, what_is_shown_is_what_is_cancelled)
{
    auto const user = add_user();
    subscriber(user);
    advance(1s);
    auto const support = world.subscribe(customer(user), now(), "price_of_support"); // Newer, and of no plan of ours.
    sync(user);
    EXPECT_EQ(status(user).plan, "pro");
    EXPECT_EQ(status(user).other_subscriptions, 1);
    auto const after = temp.run(till->service.cancel(user, soon())).value();
    EXPECT_EQ(after.plan, "pro");
    EXPECT_TRUE(after.cancels_at);
    EXPECT_EQ(world.subscriptions.at(support).at("cancel_at_period_end"), false);
}

TEST_F(PaymentsBetween, a_customer_who_was_deleted_has_no_second_trial)
{
    auto const user = add_user();
    auto const first = buy(user).value().session_id;
    EXPECT_TRUE(world.sessions.at(first).if_contains("trial"));
    pay(first, user);
    sync(user);
    EXPECT_EQ(tier(user), "pro");
    world.customers.at(customer(user))["deleted"] = true;
    world.subscriptions.clear();
    sync(user);
    EXPECT_EQ(tier(user), "basic");
    advance(1s);
    auto const second = buy(user).value().session_id;
    EXPECT_FALSE(world.sessions.at(second).if_contains("trial"));
}

TEST_F(PaymentsBetween, a_period_that_begins_unpaid_has_no_grace_of_its_own)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const unpaid = now() + days(30);
    for (int period = 1; period <= 3; ++period) {
        advance(days(30));
        world.set(subscription, "status", "past_due");
        world.set_period(subscription, now());
        sync(user);
        EXPECT_EQ(status(user).grace_until, unpaid + days(3)) << period;
        EXPECT_EQ(tier(user), period == 1 ? "pro" : "basic") << period;
    }
    world.set(subscription, "status", "active");
    sync(user);
    EXPECT_EQ(tier(user), "pro");
    advance(days(30));
    world.set(subscription, "status", "past_due");
    world.set_period(subscription, now());
    sync(user);
    EXPECT_EQ(status(user).grace_until, now() + days(3)) << "what was paid since begins it anew";
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentsBetween, an_event_that_is_sent_again_is_looked_at_again)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const body = event_json("evt_1", customer(user));
    ASSERT_TRUE(post(body));
    run_tasks();
    world.set(subscription, "status", "canceled");
    ASSERT_TRUE(post(body));
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(number("select count(*) from payment_events"), 1);
}

TEST_F(PaymentsBetween, what_is_owed_at_another_account_waits_for_a_year_and_counts_as_no_failure)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    erase(user);
    world.account = "acct_2";
    use_key("key_2");
    for (int month = 0; month < 12; ++month) {
        advance(days(30));
        run_tasks();
    }
    EXPECT_EQ(number("select count(*) from tasks where kind = 'stripe_end_customer' and state = 'ready' and failures = 0"), 1);
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "active");
    world.account = "acct_1";
    use_key("key_1");
    advance(1h);
    run_tasks();
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "canceled");
}

} // namespace
} // namespace pollux::test
