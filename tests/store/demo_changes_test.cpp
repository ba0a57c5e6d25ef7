// What becomes of what was bought in the demo: by time, by a cancellation and its undoing, in the portal, and with its account.
#include "store/demo_fixture.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::test {
namespace {

asio::awaitable<int> enqueue_in(db::Transaction& transaction, tasks::NewTask task)
{
    co_await tasks::enqueue(transaction, std::move(task));
    co_return 0;
}

asio::awaitable<int> forget_in(db::Transaction& transaction, UserId user)
{
    co_await demo::DemoStore::forget_user(transaction, user);
    co_return 0;
}

TEST_F(DemoPayments, renew_by_themselves_until_they_are_cancelled)
{
    pay(buy());
    run_tasks();
    live(24h * 100);
    EXPECT_EQ(state(), "pro active");
    EXPECT_EQ(status().current_period_end, Time(std::chrono::sys_days(std::chrono::year(2026) / 7 / 1) + 12h));
    EXPECT_EQ(number("select count(*) from payment_events where type = 'invoice.paid'"), 4);

    auto const cancelled = temp.run(service.cancel(user, soon())).value();
    EXPECT_EQ(cancelled.tier, "pro");
    EXPECT_EQ(cancelled.cancels_at, cancelled.current_period_end);
    run_tasks();
    advance(*cancelled.cancels_at - now() - 1us);
    run_tasks();
    EXPECT_EQ(state(), "pro active");
    advance(1us);
    run_tasks();
    EXPECT_EQ(state(), "basic canceled");
    EXPECT_EQ(number("select count(*) from payment_events where type = 'customer.subscription.deleted'"), 1);
    live(24h * 40);
    EXPECT_EQ(state(), "basic canceled");
    EXPECT_EQ(number("select count(*) from tasks where kind like 'demo%'"), 0);
    pay(buy());
    run_tasks();
    EXPECT_EQ(state(), "pro active") << "bought again";
}

TEST_F(DemoPayments, stay_when_a_cancellation_is_undone)
{
    pay(buy());
    run_tasks();
    EXPECT_TRUE(temp.run(service.cancel(user, soon())).value().cancels_at);
    EXPECT_FALSE(temp.run(service.reactivate(user, soon())).value().cancels_at);
    use_portal("cancel");
    EXPECT_TRUE(status().cancels_at);
    EXPECT_FALSE(subscriptions().front().cancels_at_period_end) << "the portal's way";
    EXPECT_FALSE(temp.run(service.reactivate(user, soon())).value().cancels_at);
    run_tasks();
    live(24h * 40);
    EXPECT_EQ(state(), "pro active");
}

TEST_F(DemoPayments, are_changed_in_the_portal)
{
    pay(buy());
    run_tasks();
    auto const [code, page] = call("GET", portal());
    EXPECT_EQ(code, 200);
    for (auto const* text : {"no money moves", "Pollux Pro, monthly", "$12.00", "Renews on 2026-04-01", "Switch to yearly, $120.00",
                             "value=\"cancel\"", "href=\"https://app.example.com/account\""}) {
        EXPECT_NE(page.find(text), std::string::npos) << text;
    }
    auto const cancelled = use_portal("cancel");
    EXPECT_NE(cancelled.find("Ends on 2026-04-01"), std::string::npos);
    EXPECT_NE(cancelled.find("Keep it"), std::string::npos);
    EXPECT_EQ(cancelled.find("Switch"), std::string::npos);
    EXPECT_EQ(use_portal("cancel"), cancelled) << "but for the portal's own id, which is not on the page";
    use_portal("switch&price=demo_pro_yearly");
    EXPECT_EQ(status().price, monthly) << "not while it is cancelled";
    EXPECT_NE(use_portal("keep").find("Renews on 2026-04-01"), std::string::npos);

    advance(24h);
    auto const switched = use_portal("switch&price=demo_pro_yearly");
    EXPECT_NE(switched.find("Renews on 2027-03-02"), std::string::npos) << switched;
    EXPECT_EQ(status().price, yearly);
    EXPECT_NE(use_portal("switch&price=demo_pro_yearly").find("Switch to monthly, $12.00"), std::string::npos);
    EXPECT_EQ(subscriptions().size(), 1u);
    live(24h * 60);
    EXPECT_EQ(status().current_period_end, Time(std::chrono::sys_days(std::chrono::year(2027) / 3 / 2) + 12h));
}

class DemoTrials : public DemoPayments {
protected:
    DemoTrials() { trials.emplace(temp.database(), api, account, installation, portals, billing::CheckoutOptions{.trial_days = 14}); }

    std::optional<billing::Checkout> trials;
};

TEST_F(DemoTrials, begin_without_a_payment_and_go_over_into_one)
{
    auto const opened =
        temp.run(trials->open({user, "pro", monthly, "https://app.example.com/", "https://app.example.com/"}, soon())).value();
    auto const page = call("GET", opened.checkout_url).second;
    for (auto const* text : {"14 days", "$0.00", "Start the trial"}) EXPECT_NE(page.find(text), std::string::npos) << text;
    EXPECT_EQ(page.find("pay_later"), std::string::npos);
    pay(opened);
    run_tasks();
    EXPECT_EQ(state(), "pro trialing");
    EXPECT_EQ(status().current_period_end, now() + 14 * 24h);
    EXPECT_EQ(temp.run(stripe::session_of(api, opened.session_id, soon())).value->payment_status, "no_payment_required");
    live(14 * 24h);
    EXPECT_EQ(state(), "pro active");
    EXPECT_EQ(status().current_period_end, Time(std::chrono::sys_days(std::chrono::year(2026) / 4 / 15) + 12h));
}

TEST_F(DemoPayments, are_forgotten_with_their_account_and_no_others)
{
    auto const gone = user;
    pay(buy());
    portal();
    user = add_user();
    auto const open = buy();
    EXPECT_EQ(temp.run(stripe::sessions_of(api, customer(), stripe::Sessions::open, soon())).value->front().id, open.session_id);
    temp.run(temp.database().transact([gone](db::Transaction& transaction) { return forget_in(transaction, gone); }));
    EXPECT_EQ(number("select count(*) from demo_customers"), 1);
    EXPECT_EQ(number("select count(*) from demo_subscriptions"), 0);
    EXPECT_EQ(number("select count(*) from demo_sessions"), 1);
    EXPECT_EQ(number("select count(*) from demo_portals"), 0);
    run_tasks();
    EXPECT_EQ(events(), 0) << "what it was about is gone";
    pay(open);
    EXPECT_EQ(state(open.session_id), "pro active");
}

TEST_F(DemoPayments, end_with_their_customer)
{
    pay(buy());
    run_tasks();
    auto const bought = customer();
    tasks::NewTask const task{.kind = billing::end_customer_task, .subject = bought, .payload = "demo:demo"};
    for (int time = 0; time < 2; ++time) {
        temp.run(temp.database().transact([task](db::Transaction& transaction) { return enqueue_in(transaction, task); }));
        run_tasks();
        EXPECT_EQ(subscriptions().front().status, "canceled");
        EXPECT_EQ(subscriptions().front().ended_at, now());
    }
    EXPECT_EQ(state(), "basic canceled");
}

} // namespace
} // namespace pollux::test
