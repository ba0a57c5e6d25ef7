// Who is which customer, what is under way, and what was told: rows that hold whatever repeats, comes late or comes from somebody else.
#include "billing/payments/customer_store.hpp"
#include "billing/payments/event_store.hpp"
#include "billing/stripe/signature.hpp"
#include "store/payments_fixture.hpp"

#include <algorithm>
#include <random>

namespace pollux::test {
namespace {

using billing::CustomerSync;
using billing::PaymentScope;
using std::chrono::days;

PaymentScope const scope{"live", "acct_1"};

// The provider deletes the customer with all it has, and the user, as another one, has paid.
asio::awaitable<void> replace_customer(StripeWorld& world, billing::CustomerSync& sync, billing::PaymentsService& service, UserId user,
                                       std::string old, Time now)
{
    auto const deadline = Steady::now() + 1h;
    world.customers.at(old)["deleted"] = true;
    for (auto& [id, one] : world.subscriptions) {
        if (one.at("customer").as_string() == old) one["status"] = "canceled";
    }
    co_await sync.sync(old, deadline);
    auto const bought = co_await service.buy(user, {"pro", std::nullopt, std::nullopt}, deadline);
    if (!bought) {
        ADD_FAILURE() << bought.error().code();
        co_return;
    }
    std::string const next(world.sessions.at(bought->session_id).at("customer").as_string());
    EXPECT_NE(next, old);
    world.subscribe(next, now);
    co_await sync.sync(next, deadline);
}

class Webhooks : public PaymentStores {
protected:
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

TEST_F(PaymentStores, of_a_thousand_answers_that_come_in_any_order_none_replaces_a_newer_one)
{
    auto const user = add_user();
    buy(user);
    billing::CustomerStore store(temp.database());
    std::mt19937 random(1);
    int stale = 0, late = 0;
    for (int answers = 0; answers < 1000; answers += 4) {
        struct Answer {
            billing::FetchNumber fetch;
            bool is_paid;
        };
        std::vector<Answer> answered;
        for (int count = 0; count < 4; ++count) {
            answered.push_back({temp.run(store.begin_fetch(customer(user), scope)).value(), random() % 2 == 0});
        }
        std::ranges::shuffle(answered, random);
        Answer newest{{}, false};
        for (auto const& answer : answered) {
            billing::FetchedState state;
            if (answer.is_paid) state.paid.push_back({"sub_1", "pro", now() + days(30), "active"});
            temp.run(store.write(answer.fetch, scope, state));
            if (answer.fetch.number > newest.fetch.number)
                newest = answer;
            else
                ++late;
            stale += tier(user) != (newest.is_paid ? "pro" : "basic");
        }
    }
    EXPECT_GT(late, 100);
    EXPECT_EQ(stale, 0);
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

// Whether it says that there is nothing, or that there is something unpaid.
TEST_F(PaymentStores, a_slow_answer_about_a_deleted_customer_takes_nothing_from_its_successor)
{
    for (bool const had_something : {false, true}) {
        auto const user = add_user();
        buy(user);
        auto const old = customer(user);
        if (had_something) world.set(world.subscribe(old, now()), "status", "unpaid");
        for (int count = 0; count < 5; ++count) sync(user); // So that its numbers are higher than those of the next.
        bool has_happened = false;
        world.meanwhile = [this, user, old, &has_happened] {
            has_happened = true;
            return replace_customer(world, till->sync, till->service, user, old, now());
        };
        EXPECT_EQ(temp.run(till->sync.sync(old, soon())), CustomerSync::Outcome::written);
        EXPECT_TRUE(has_happened);
        EXPECT_NE(customer(user), old);
        EXPECT_EQ(tier(user), "pro");
        EXPECT_EQ(status(user).status, "active");
        EXPECT_EQ(sync(user), CustomerSync::Outcome::written) << "nothing is to be mended";
    }
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
    EXPECT_EQ(tasks_of(billing::sync_customer_task), 1) << "sent again, it is looked at again";
    EXPECT_EQ(number("select count(*) from payment_events"), 1);
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
