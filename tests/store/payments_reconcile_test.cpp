// The walk that repairs what lost events left behind: what it asks Stripe for, what comes of it, and that it goes on where it was.
#include "billing/payments/payment_tasks.hpp"
#include "billing/payments/reconcile.hpp"
#include "billing/stripe/scripted_api.hpp"
#include "bus/memory_notices.hpp"
#include "store/chat_fixture.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using billing::EndpointState;
using billing::Reconcile;
using billing::WalkReach;
using billing::stripe::Answer;
using billing::stripe::Call;
using billing::stripe::ScriptedApi;
using Begin = Reconcile::Begin;
using Stand = Reconcile::Stand;
using Words = std::vector<std::string>;

namespace json = boost::json;

constexpr char const* webhook_url = "https://chat.example.com/subscription/webhook/";

class PaymentWalks : public ChatStores {
protected:
    PaymentWalks()
    {
        api.on("GET /v1/account", R"({"id":"acct_1"})");
        api.on("GET /v1/webhook_endpoints", [this](Call const&) { return ScriptedApi::json(endpoints); });
        api.on("GET /v1/customers/*", [](Call const& call) {
            return ScriptedApi::json(R"({"id":")" + call.path.substr(call.path.rfind('/') + 1) + R"(","deleted":false})");
        });
        api.on("GET /v1/events", [this](Call const& call) { return events(call); });
        api.on("GET /v1/subscriptions", [this](Call const& call) { return subscriptions(call); });
        rows("insert into plan_prices (price_id, mode, account, plan, state) values ('price_1', 'test', 'acct_1', 'pro', 'sold')");
        rows("insert into payments_in_force (only_one, mode, account) values (1, 'test', 'acct_1')");
    }

    // A user of ours who has paid, which nobody told us.
    UserId add_payer(std::string const& customer)
    {
        static constexpr db::Sql sql =
            "insert into payment_customers (user_id, mode, account, customer_id, created_at) values ($1, 'test', 'acct_1', $2, 0)";
        auto const user = add_user();
        rows(sql, user, customer);
        paid.insert(customer);
        return user;
    }

    void tell(std::string const& id, std::string const& customer, Time at, std::string type = "customer.subscription.updated",
              std::string payment = {})
    {
        json::object about{{"id", "sub_" + customer}, {"object", "subscription"}};
        if (!customer.empty()) about["customer"] = customer;
        if (!payment.empty()) about["payment_intent"] = payment;
        json::object event{{"id", id},          {"object", "event"},          {"type", type}, {"created", micros(at) / 1'000'000},
                           {"livemode", false}, {"data", {{"object", about}}}};
        told.insert(told.begin(), std::move(event)); // Newest first.
    }

    Reconcile::Progress go(std::string holder = "one", Begin begin = Begin::always)
    {
        return temp.run(reconcile.go_on({std::move(holder), Steady::now() + 60s, [] { return false; }, begin}));
    }
    // Is told to end once Stripe was called so often.
    Reconcile::Progress go_for(std::int64_t calls, std::string holder = "one")
    {
        auto const end = called + calls;
        return temp.run(reconcile.go_on({std::move(holder), Steady::now() + 60s, [this, end] { return called >= end; }, Begin::always}));
    }
    bool ask(WalkReach reach) { return temp.run(reconcile.ask(reach, Steady::now() + 5s)); }
    // As one that went through an hour ago.
    void has_walked(Time until)
    {
        static constexpr db::Sql sql = "insert into payment_walks (mode, account, seen_until) values ('test', 'acct_1', $1)";
        rows(sql, until);
    }

    std::string tier(UserId user)
    {
        static constexpr db::Sql sql = "select tier from users where id = $1";
        return rows(sql, user).front().only().text();
    }
    Words subjects_of(std::string kind)
    {
        static constexpr db::Sql sql = "select subject from tasks where kind = $1 order by subject";
        auto const found = rows(sql, std::move(kind));
        Words list;
        for (std::size_t index = 0; index < found.size(); ++index) list.push_back(found[index].only().text());
        return list;
    }
    std::int64_t marked() { return number("select count(*) from payment_customers where to_walk = 1"); }

    // What was called, without the parameters.
    Words calls()
    {
        auto list = api.take_calls();
        for (auto& call : list) {
            auto const customer = call.find("customer=");
            auto const shown =
                customer == std::string::npos ? std::string() : " " + call.substr(customer + 9, call.find('&', customer) - customer - 9);
            call = call.substr(0, call.find('?')) + shown;
        }
        return list;
    }

    Answer events(Call const& call)
    {
        ++called;
        if (is_away) return ScriptedApi::silence();
        auto const from = std::stoll(ScriptedApi::parameter(call, "created[gte]"));
        json::array all;
        for (auto const& event : told) {
            if (event.at("created").as_int64() >= from) all.push_back(event);
        }
        return page(all, ScriptedApi::parameter(call, "starting_after"));
    }

    Answer subscriptions(Call const& call)
    {
        ++called;
        auto const customer = ScriptedApi::parameter(call, "customer");
        if (is_away || broken.contains(customer)) return ScriptedApi::silence();
        json::array all;
        for (auto const& one : paid) {
            if (customer.empty() ? !unseen.contains(one) : one == customer) all.push_back(subscription(one));
        }
        return page(all, ScriptedApi::parameter(call, "starting_after"));
    }

    json::object subscription(std::string const& customer)
    {
        auto const end = micros(period_end) / 1'000'000;
        json::object item{{"id", "si_1"}, {"price", {{"id", "price_1"}}}, {"current_period_end", end}};
        return {{"id", "sub_" + customer},
                {"object", "subscription"},
                {"customer", customer},
                {"status", "active"},
                {"items", {{"data", json::array{item}}}}};
    }

    // Of `page_size`.
    Answer page(json::array const& all, std::string const& after)
    {
        auto at = all.begin();
        if (!after.empty()) {
            at = std::ranges::find_if(all, [&](json::value const& one) { return one.at("id").as_string() == after; });
            if (at == all.end()) return ScriptedApi::error(400, "resource_missing", "No such cursor");
            ++at;
        }
        json::array data;
        for (; at != all.end() && static_cast<std::int64_t>(data.size()) < page_size; ++at) data.push_back(*at);
        return ScriptedApi::json(
            json::serialize(json::object{{"object", "list"}, {"data", std::move(data)}, {"has_more", at != all.end()}}));
    }

    ScriptedApi api;
    std::string endpoints = std::string(R"({"data":[{"id":"we_1","url":")") + webhook_url + R"(","status":"enabled"}]})";
    std::vector<json::object> told;
    std::set<std::string> paid;         // Customers with a subscription that is active.
    std::set<std::string> unseen;       // Of those, those whose subscription is not in the list of all.
    std::set<std::string> broken;       // Of which nothing is answered.
    Time period_end = now() + 20 * 24h; // Of all of them.
    bool is_away = false;
    std::int64_t page_size = 100;
    std::int64_t called = 0;

    bus::MemoryNotices notices;
    tasks::Bell bell;
    billing::Tiers tiers{temp.database(), billing, notices, bell};
    billing::PaymentAccount account{temp.database(), api, "mac"};
    billing::Installation installation{temp.database()};
    Reconcile reconcile{{temp.database(), api, account, installation, tiers, bell}, std::chrono::days(3), {webhook_url}};
};

TEST_F(PaymentWalks, repair_who_is_named_by_what_happened_since)
{
    has_walked(now() - 1h);
    auto const lost = add_payer("cus_1");
    auto const told_of = add_payer("cus_2");
    auto const quiet = add_payer("cus_3");
    tell("evt_0", "cus_3", now() - 3h); // Before the overlap.
    tell("evt_1", "cus_1", now() - 30min);
    tell("evt_2", "cus_2", now() - 20min, "invoice.paid");
    tell("evt_3", "cus_2", now() - 20min);
    tell("evt_4", "cus_of_others", now() - 10min);

    auto const progress = go();
    EXPECT_EQ(progress.stand, Stand::done);
    EXPECT_EQ(progress.walk.events, 4);
    EXPECT_EQ(progress.walk.customers, 2);
    EXPECT_EQ(progress.walk.changed, 2);
    EXPECT_EQ(progress.walk.calls, 4);
    EXPECT_EQ(progress.walk.endpoint, EndpointState::enabled);
    EXPECT_EQ(calls(), (Words{"GET /v1/account", "GET /v1/events", "GET /v1/subscriptions cus_1", "GET /v1/subscriptions cus_2",
                              "GET /v1/webhook_endpoints"}));
    EXPECT_EQ(tier(lost), "pro");
    EXPECT_EQ(tier(told_of), "pro");
    EXPECT_EQ(tier(quiet), "basic");
    EXPECT_EQ(marked(), 0);

    advance(1h);
    auto const again = go();
    EXPECT_EQ(again.walk.customers, 2) << "an hour's overlap";
    EXPECT_EQ(again.walk.changed, 0);
    advance(1h);
    EXPECT_EQ(go().walk.customers, 0);
}

TEST_F(PaymentWalks, leave_what_is_young_to_its_webhook_unless_somebody_asks)
{
    has_walked(now() - 1h);
    auto const user = add_payer("cus_1");
    tell("evt_1", "cus_1", now() - 1min);
    EXPECT_EQ(go().walk.customers, 0);
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(go("two", Begin::if_asked).stand, Stand::done) << "nobody has asked";
    EXPECT_TRUE(ask(WalkReach::events));
    auto const progress = go("two", Begin::if_asked);
    EXPECT_EQ(progress.walk.changed, 1);
    EXPECT_EQ(progress.walk.asked, WalkReach::nothing);
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentWalks, go_through_everything_at_first_and_after_a_month)
{
    page_size = 2;
    std::vector<UserId> users;
    for (auto const* customer : {"cus_1", "cus_2", "cus_3"}) users.push_back(add_payer(customer));
    paid.insert("cus_of_others");
    auto const first = go();
    EXPECT_EQ(first.stand, Stand::done);
    EXPECT_EQ(first.walk.customers, 3);
    EXPECT_EQ(first.walk.changed, 3);
    EXPECT_EQ(first.walk.calls, 2 + 3 + 1);

    // One that lives here and is not listed there is looked at too.
    advance(30 * 24h);
    period_end = now() + 20 * 24h;
    paid.erase("cus_1");
    unseen.insert("cus_2");
    calls();
    auto const later = go();
    EXPECT_EQ(later.walk.customers, 3);
    EXPECT_EQ(later.walk.changed, 3) << "one is over, two have a later end";
    auto const made = calls();
    EXPECT_EQ(std::ranges::count(made, "GET /v1/events"), 0);
    EXPECT_EQ(tier(users[0]), "basic");
    EXPECT_EQ(tier(users[1]), "pro");

    advance(10 * 24h);
    EXPECT_EQ(go().walk.customers, 0) << "nothing has happened";
    EXPECT_TRUE(ask(WalkReach::everything));
    EXPECT_EQ(go().walk.customers, 2) << "those that live";
}

TEST_F(PaymentWalks, cost_nothing_where_nobody_is_a_customer)
{
    auto const progress = go();
    EXPECT_EQ(progress.stand, Stand::done);
    EXPECT_EQ(progress.walk.calls, 1);
    EXPECT_EQ(calls(), (Words{"GET /v1/account", "GET /v1/webhook_endpoints"}));
}

TEST_F(PaymentWalks, go_on_where_they_were_wherever_they_end)
{
    page_size = 3;
    has_walked(now() - 2h);
    std::vector<UserId> users;
    for (int count = 0; count < 10; ++count) {
        auto const customer = "cus_" + std::to_string(count);
        users.push_back(add_payer(customer));
        tell("evt_" + customer, customer, now() - 30min);
    }
    int turns = 1;
    auto progress = go_for(1, "holder 1");
    while (progress.stand == Stand::working) progress = go_for(1, "holder " + std::to_string(++turns));
    EXPECT_EQ(progress.stand, Stand::done);
    EXPECT_GT(turns, 5);
    EXPECT_EQ(progress.walk.events, 10);
    EXPECT_EQ(progress.walk.customers, 10);
    EXPECT_EQ(progress.walk.changed, 10);
    auto const made = calls();
    EXPECT_EQ(std::ranges::count(made, "GET /v1/events"), 4) << "no page twice";
    for (std::size_t at = 0; at < users.size(); ++at) {
        EXPECT_EQ(tier(users[at]), "pro");
        EXPECT_EQ(std::ranges::count(made, "GET /v1/subscriptions cus_" + std::to_string(at)), 1);
    }
}

TEST_F(PaymentWalks, are_held_by_one_at_a_time)
{
    add_payer("cus_1");
    billing::WalkStore dead(temp.database(), {"test", "acct_1"}, "killed");
    ASSERT_TRUE(temp.run(dead.hold()));
    ASSERT_TRUE(temp.run(dead.begin(billing::WalkPhase::subscriptions, now(), now(), WalkReach::nothing)));
    EXPECT_EQ(go().stand, Stand::elsewhere);
    EXPECT_EQ(called, 0);
    advance(2min);
    EXPECT_EQ(go_for(1).stand, Stand::working) << "what a killed process holds, it holds for a while";
    EXPECT_FALSE(temp.run(dead.gather({.phase = billing::WalkPhase::idle}, {"cus_1"}, {}))) << "it comes too late";
    EXPECT_FALSE(temp.run(dead.finish({}, EndpointState::enabled)));
    EXPECT_EQ(go().walk.changed, 1);
}

TEST_F(PaymentWalks, begin_again_where_the_place_in_the_list_is_gone)
{
    page_size = 2;
    has_walked(now() - 2h);
    auto const user = add_payer("cus_1");
    for (int count = 0; count < 5; ++count) tell("evt_" + std::to_string(count), "cus_1", now() - 30min);
    EXPECT_EQ(go_for(1).stand, Stand::working);
    std::erase_if(told, [](json::object const& event) { return event.at("id").as_string() == "evt_3"; }); // The last one of the page.
    EXPECT_EQ(go().stand, Stand::done);
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentWalks, ask_for_the_task_of_a_payment_that_went_back)
{
    has_walked(now() - 1h);
    add_payer("cus_1");
    tell("evt_1", "", now() - 30min, "charge.dispute.closed", "pi_1");
    tell("evt_2", "cus_1", now() - 20min, "charge.refunded", "pi_2");
    EXPECT_EQ(go().walk.changed, 1);
    EXPECT_EQ(subjects_of(billing::judge_payment_task), (Words{"pi_1", "pi_2"}));
}

TEST_F(PaymentWalks, leave_to_its_task_whom_stripe_does_not_answer_of)
{
    has_walked(now() - 1h);
    auto const good = add_payer("cus_1");
    auto const bad = add_payer("cus_2");
    broken.insert("cus_2");
    for (auto const* customer : {"cus_1", "cus_2"}) tell(std::string("evt_") + customer, customer, now() - 30min);
    EXPECT_EQ(go().stand, Stand::done);
    EXPECT_EQ(tier(good), "pro");
    EXPECT_EQ(tier(bad), "basic");
    EXPECT_EQ(subjects_of(billing::sync_customer_task), (Words{"cus_2"}));

    // Also where it is the only one.
    rows("delete from tasks");
    advance(1h);
    tell("evt_3", "cus_2", now() - 30min);
    std::erase_if(told, [](json::object const& event) { return event.at("id").as_string() == "evt_cus_1"; });
    EXPECT_EQ(go().stand, Stand::done);
    EXPECT_EQ(subjects_of(billing::sync_customer_task), (Words{"cus_2"}));
}

TEST_F(PaymentWalks, wait_where_stripe_is_away_and_lose_nobody)
{
    has_walked(now() - 1h);
    auto const user = add_payer("cus_1");
    tell("evt_1", "cus_1", now() - 30min);
    is_away = true;
    EXPECT_EQ(go().stand, Stand::away);
    is_away = false;
    EXPECT_EQ(go_for(1).stand, Stand::working);
    EXPECT_EQ(marked(), 1);
    is_away = true;
    api.on("GET /v1/account", [](Call const&) { return ScriptedApi::silence(); });
    auto const progress = go();
    EXPECT_EQ(progress.stand, Stand::away);
    EXPECT_FALSE(progress.why.empty());
    EXPECT_EQ(marked(), 1);
    EXPECT_EQ(subjects_of(billing::sync_customer_task), Words{});
    is_away = false;
    EXPECT_EQ(go().walk.changed, 1);
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentWalks, see_an_endpoint_that_was_switched_off)
{
    endpoints = std::string(R"({"data":[{"id":"we_1","url":")") + webhook_url + R"(","status":"disabled"}]})";
    EXPECT_EQ(go().walk.endpoint, EndpointState::disabled);
    endpoints = R"({"data":[{"id":"we_1","url":"https://elsewhere.example.com/","status":"disabled"}]})";
    EXPECT_EQ(go().walk.endpoint, EndpointState::missing);
    endpoints = R"({"error":{}})";
    EXPECT_EQ(go().walk.endpoint, EndpointState::unknown);
}

} // namespace
} // namespace pollux::test
