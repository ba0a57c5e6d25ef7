// Who is which customer, what is under way, and what was told: rows that hold whatever repeats, comes late or comes from somebody else.
#include "billing/payments/checkout_store.hpp"
#include "billing/payments/customer_store.hpp"
#include "billing/payments/event_store.hpp"
#include "billing/stripe/signature.hpp"
#include "store/payments_fixture.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::test {
namespace {

using billing::CustomerSync;
using billing::PaymentScope;
using std::chrono::days;

PaymentScope const scope{"live", "acct_1"};

std::string event_json(std::string const& id, std::string const& customer, std::string const& more = "")
{
    return R"({"id":")" + id + R"(","object":"event","type":"customer.subscription.updated","created":1790000000,"livemode":true)" + more +
           R"(,"data":{"object":{"id":"sub_1","object":"subscription","customer":")" + customer + R"("}}})";
}

asio::awaitable<int> ask_for_end(db::Transaction& transaction, std::string subscription)
{
    co_await tasks::enqueue(transaction,
                            {.kind = billing::end_subscription_task, .subject = std::move(subscription), .payload = text_of(scope)});
    co_return 0;
}

class Webhooks : public PaymentStores {
protected:
    Result<void> post(std::string body, std::string secret = "whsec_1")
    {
        auto signature = stripe::sign(body, secret, now());
        return temp.run(till->webhook.take(std::move(signature), std::move(body), soon()));
    }
    std::string state(std::string id)
    {
        static constexpr db::Sql sql = "select state from payment_events where event_id = $1";
        auto const found = rows(sql, std::move(id));
        return found.empty() ? "" : found.front().only().text();
    }
};

TEST_F(PaymentStores, an_older_answer_changes_nothing)
{
    auto const user = add_user();
    buy(user);
    billing::CustomerStore store(temp.database());
    auto const older = temp.run(store.begin_fetch(customer(user), scope)).value();
    auto const newer = temp.run(store.begin_fetch(customer(user), scope)).value();
    billing::FetchedState paid;
    paid.paid.push_back({"sub_1", "pro", now() + days(30), "active"});
    EXPECT_TRUE(temp.run(store.write(newer, scope, paid)));
    EXPECT_FALSE(temp.run(store.write(older, scope, {})));
    EXPECT_EQ(tier(user), "pro");
    EXPECT_FALSE(temp.run(store.unlink(older, scope)));
    EXPECT_EQ(temp.run(store.customer_of(user, scope)), customer(user));
}

TEST_F(PaymentStores, a_fetch_of_a_customer_that_was_replaced_meanwhile_changes_nothing)
{
    auto const user = add_user();
    buy(user);
    billing::CustomerStore store(temp.database());
    auto const old = temp.run(store.begin_fetch(customer(user), scope)).value();
    auto const newer = temp.run(store.begin_fetch(customer(user), scope)).value();
    temp.run(store.unlink(newer, scope));
    buy(user);
    auto const now_linked = customer(user);
    EXPECT_NE(now_linked, old.customer);
    billing::FetchedState paid;
    paid.paid.push_back({"sub_1", "pro", now() + days(30), "active"});
    EXPECT_FALSE(temp.run(store.write(old, scope, paid)));
    EXPECT_FALSE(temp.run(store.unlink(old, scope)));
    EXPECT_EQ(temp.run(store.customer_of(user, scope)), now_linked);
    EXPECT_EQ(tier(user), "basic");
    world.subscribe(now_linked, now());
    EXPECT_EQ(sync(user), CustomerSync::Outcome::changed) << "its own fetches count from the beginning";
}

TEST_F(PaymentStores, an_archived_plan_is_sold_no_more)
{
    rows("update plans set is_archived = 1 where name = 'pro'");
    EXPECT_EQ(buy(add_user()).error().code(), "plan_not_sold");
}

TEST_F(PaymentStores, a_task_of_another_account_waits_for_its_key)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const asked = [subscription](db::Transaction& transaction) { return ask_for_end(transaction, subscription); };
    temp.run(temp.database().transact(asked));
    world.account = "acct_2";
    use_key("key_2");
    EXPECT_EQ(tasks_of(billing::end_subscription_task), 1);
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "active");
    world.account = "acct_1";
    use_key("key_1");
    advance(days(1));
    run_tasks();
    EXPECT_EQ(tasks_of(billing::end_subscription_task), 0);
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "canceled");
}

TEST_F(PaymentStores, what_was_seen_once_is_not_written_twice)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    EXPECT_EQ(sync(user), CustomerSync::Outcome::written);
    EXPECT_EQ(number("select count(*) from subscriptions"), 1);
    EXPECT_EQ(number("select count(*) from entitlements"), 1);
    world.set(subscription, "status", "canceled");
    sync(user);
    EXPECT_EQ(number("select count(*) from entitlements"), 0);
    EXPECT_EQ(status(user).status, "canceled");
}

TEST_F(PaymentStores, a_provider_that_is_away_changes_nothing)
{
    auto const user = add_user();
    subscriber(user);
    world.is_away = true;
    EXPECT_EQ(sync(user), CustomerSync::Outcome::unknown);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(buy(add_user()).error().code(), "payment_provider_slow");
}

TEST_F(PaymentStores, a_purchase_that_was_cut_goes_on_with_the_same_operation)
{
    auto const user = add_user();
    world.is_away = true;
    EXPECT_EQ(buy(user).error().code(), "payment_provider_slow");
    EXPECT_EQ(buy(user).error().code(), "payment_provider_slow");
    EXPECT_EQ(number("select count(*) from payment_operations"), 1);
    world.is_away = false;
    auto const session = buy(user).value();
    EXPECT_EQ(buy(user).value().session_id, session.session_id);
    EXPECT_EQ(world.customers.size(), 1u);
    EXPECT_EQ(world.sessions.size(), 1u);
    EXPECT_EQ(number("select count(*) from payment_operations"), 0);
}

TEST_F(PaymentStores, a_session_is_begun_only_upon_what_was_seen)
{
    auto const user = add_user();
    buy(user);
    billing::CheckoutStore store(temp.database());
    EXPECT_EQ(temp.run(store.begin(user, scope, "", {"one", "a=1", "price_pro"})), std::nullopt) << "there is one now";
    auto const seen = temp.run(store.of_user(user, scope)).value().session;
    EXPECT_EQ(temp.run(store.begin(user, scope, seen, {"one", "a=1", "price_pro"}))->id, "one");
    EXPECT_EQ(temp.run(store.begin(user, scope, seen, {"two", "a=2", "price_pro"}))->id, "one") << "the one that is under way";
    temp.run(store.put(user, scope, {"two", "", "price_pro"}, "cs_two"));
    EXPECT_EQ(temp.run(store.of_user(user, scope))->session, seen) << "not that one's outcome";
    temp.run(store.put(user, scope, {"one", "", "price_pro"}, "cs_one"));
    EXPECT_EQ(temp.run(store.of_user(user, scope))->session, "cs_one");
}

TEST_F(PaymentStores, another_price_takes_the_place_of_a_session_that_is_open)
{
    auto const user = add_user();
    auto const first = buy(user, "price_pro").value();
    auto const second = buy(user, "price_year").value();
    EXPECT_EQ(world.sessions.at(first.session_id).at("status"), "expired");
    EXPECT_EQ(world.sessions.at(second.session_id).at("status"), "open");
    EXPECT_EQ(status(user).status, "pending");
}

TEST_F(PaymentStores, who_has_a_subscription_is_sent_to_the_portal)
{
    auto const user = add_user();
    subscriber(user);
    auto const refused = buy(user);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), "already_subscribed");
}

TEST_F(PaymentStores, a_customer_that_is_gone_is_unlinked)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const gone = customer(user);
    world.customers.at(gone)["deleted"] = true;
    world.set(subscription, "status", "canceled");
    sync(user);
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(number("select count(*) from payment_customers"), 0);
    buy(user);
    EXPECT_NE(customer(user), gone);
}

TEST_F(PaymentStores, payments_of_another_account_or_mode_rest)
{
    auto const user = add_user();
    subscriber(user);
    world.account = "acct_2";
    use_key("key_2");
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(status(user).status, "none");
    world.account = "acct_1";
    use_key("key_1");
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentStores, the_provider_is_asked_once_whose_a_key_is)
{
    auto const asked = [this] { return std::ranges::count(world.calls, "GET /v1/account"); };
    EXPECT_EQ(asked(), 1);
    use_key("key_1");
    EXPECT_EQ(asked(), 1);
    world.is_away = true;
    use_key("key_1");
    EXPECT_EQ(status(add_user()).status, "none") << "it may be away";
}

TEST_F(PaymentStores, prices_that_the_settings_name_no_more_are_retired_and_go_on_to_entitle)
{
    auto const user = add_user();
    subscriber(user);
    temp.run(till->prices.ask_for({"price_new"}));
    run_tasks();
    auto const sold = temp.run(till->prices.sold()).at("pro");
    ASSERT_EQ(sold.size(), 1u);
    EXPECT_EQ(sold[0].id, "price_new");
    EXPECT_EQ(sold[0].amount_minor, 2000);
    EXPECT_EQ(sold[0].currency, "usd");
    sync(user);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(buy(add_user(), "price_pro").error().fields().front().code, "not_sold");
}

TEST_F(PaymentStores, what_an_account_leaves_at_the_provider_ends)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const other = add_user();
    auto const session = buy(other).value().session_id;
    for (auto const gone : {user, other}) erase(gone);
    world.is_away = true;
    run_tasks();
    EXPECT_EQ(tasks_of(billing::end_customer_task), 2) << "it waits for the provider";
    EXPECT_EQ(number("select count(*) from payment_customers"), 0);
    world.is_away = false;
    advance(days(1));
    run_tasks();
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "canceled");
    EXPECT_EQ(world.sessions.at(session).at("status"), "expired");
    EXPECT_EQ(tasks_of(billing::end_customer_task), 0);
}

TEST_F(PaymentStores, what_is_to_end_at_one_account_is_not_looked_for_at_another)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    erase(user);
    world.account = "acct_2";
    use_key("key_2");
    EXPECT_EQ(tasks_of(billing::end_customer_task), 1);
    world.account = "acct_1";
    use_key("key_1");
    advance(days(1));
    run_tasks();
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "canceled");
}

TEST_F(Webhooks, an_event_is_stored_once_with_what_it_asks_for)
{
    auto const user = add_user();
    buy(user);
    auto const body = event_json("evt_1", customer(user));
    for (int times = 0; times < 3; ++times) EXPECT_TRUE(post(body));
    EXPECT_EQ(state("evt_1"), "received");
    EXPECT_EQ(tasks_of(billing::sync_customer_task), 1);
    EXPECT_EQ(number("select count(*) from payment_event_bodies"), 1);
    run_tasks();
    EXPECT_TRUE(post(body));
    EXPECT_EQ(tasks_of(billing::sync_customer_task), 0) << "it was told already";
}

TEST_F(Webhooks, bodies_are_sealed_and_go_with_the_user)
{
    auto const user = add_user();
    buy(user);
    EXPECT_TRUE(post(event_json("evt_1", customer(user))));
    static constexpr db::Sql sql = "select body from payment_event_bodies";
    EXPECT_TRUE(tasks::Seal::is_sealed(rows(sql).front().only().text()));
    erase(user);
    run_tasks();
    EXPECT_EQ(number("select count(*) from payment_event_bodies"), 0);
}

TEST_F(Webhooks, events_of_nobody_here_ask_for_nothing)
{
    auto const user = add_user();
    buy(user);
    EXPECT_TRUE(post(event_json("evt_stranger", "cus_stranger")));
    EXPECT_TRUE(post(event_json("evt_account", customer(user), R"(,"account":"acct_2")")));
    auto test_mode = event_json("evt_mode", customer(user));
    test_mode.replace(test_mode.find("\"livemode\":true"), 15, "\"livemode\":false");
    EXPECT_TRUE(post(test_mode));
    for (auto const* id : {"evt_stranger", "evt_account", "evt_mode"}) EXPECT_EQ(state(id), "ignored") << id;
    EXPECT_EQ(number("select count(*) from payment_event_bodies"), 0);
    EXPECT_EQ(tasks_of(billing::sync_customer_task), 0);
}

TEST_F(Webhooks, what_is_not_rightly_signed_is_refused_and_what_is_unreadable_is_not)
{
    EXPECT_EQ(post(event_json("evt_1", "cus_1"), "whsec_2").error().code(), "signature_invalid");
    EXPECT_EQ(temp.run(till->webhook.take("", "{}", soon())).error().code(), "signature_missing");
    auto const body = event_json("evt_1", "cus_1");
    auto const old = stripe::sign(body, "whsec_1", now() - 1h);
    EXPECT_EQ(temp.run(till->webhook.take(old, body, soon())).error().code(), "signature_too_old");
    for (auto const* odd : {"", "[]", "nonsense", "{\"id\":1}"}) EXPECT_TRUE(post(odd)) << odd;
    EXPECT_EQ(number("select count(*) from payment_events"), 0);
}

TEST_F(Webhooks, events_are_forgotten_after_a_while)
{
    auto const user = add_user();
    buy(user);
    EXPECT_TRUE(post(event_json("evt_1", customer(user))));
    billing::EventStore store(temp.database());
    advance(billing::events_kept);
    EXPECT_EQ(temp.run(store.forget_old()), 0);
    advance(1s);
    EXPECT_EQ(temp.run(store.forget_old()), 1);
    EXPECT_EQ(number("select count(*) from payment_event_bodies"), 0);
}

} // namespace
} // namespace pollux::test
