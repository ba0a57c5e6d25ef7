// Demo payments, from a purchase to what follows from it by time: through the same code that Stripe's payments take, and the demo's pages.
#include "base/secrets.hpp"
#include "billing/demo/demo_api.hpp"
#include "billing/demo/demo_events.hpp"
#include "billing/demo/demo_routes.hpp"
#include "billing/demo/demo_store.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "billing/payments/payments_service.hpp"
#include "billing/stripe/account_objects.hpp"
#include "billing/stripe/reads.hpp"
#include "billing/stripe/signature.hpp"
#include "billing/tier_tasks.hpp"
#include "bus/memory_notices.hpp"
#include "http/error_response.hpp"
#include "http/router.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "support/temp_database.hpp"
#include "tasks/enqueue.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using billing::PaymentsService;
using billing::SubscriptionStatus;
namespace demo = billing::demo;
namespace stripe = billing::stripe;

constexpr char const* secret_key = "a secret key of at least 32 bytes, for tests";
constexpr char const* monthly = "demo_pro_monthly";
constexpr char const* yearly = "demo_pro_yearly";

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

class DemoPayments : public testing::Test {
protected:
    DemoPayments()
    {
        prepare_secrets();
        temp.run(billing.seed_plans({.basic_messages_per_day = 50, .pro_messages_per_day = 1000}));
        billing::add_tier_kinds(kinds, tiers);
        billing::add_payment_kinds(kinds, payment_parts);
        demo::add_demo_kinds(kinds, telling);
        demo::add_demo_routes(router, desk);
        billing::PriceStore prices(temp.database());
        temp.run(prices.put_settings("pro", {monthly, yearly}, {"demo", "demo"}));
        temp.run(account.put_in_force({"demo", "demo"}));
        user = add_user();
    }

    UserId add_user()
    {
        static constexpr db::Sql sql = "insert into users (mobile, tier, date_joined) values ($1, 'basic', 0) returning id";
        return rows(sql, "+1555" + std::to_string(++mobiles)).front().only().id<UserId>();
    }
    template <class... Arguments>
    db::Rows rows(db::Sql sql, Arguments&&... arguments)
    {
        return temp.run(temp.database().write(sql, std::forward<Arguments>(arguments)...));
    }
    std::int64_t number(db::Sql sql) { return rows(sql).front().only().integer(); }
    Time now() { return temp.clock().now(); }
    void advance(std::chrono::microseconds by) { temp.clock().advance(by); }

    static Steady::time_point soon() { return Steady::now() + 60s; }

    Result<billing::OpenCheckout> try_buy(std::optional<std::string> price = std::nullopt,
                                          std::optional<std::string> return_url = "https://app.example.com/done")
    {
        return temp.run(service.buy(user, {"pro", std::move(price), std::move(return_url)}, soon()));
    }
    billing::OpenCheckout buy(std::optional<std::string> price = std::nullopt) { return try_buy(std::move(price)).value(); }

    SubscriptionStatus status(std::optional<std::string> session = std::nullopt)
    {
        return temp.run(service.status(user, std::move(session), soon())).value();
    }
    // "pro active": the tier, and the provider's word.
    std::string state(std::optional<std::string> session = std::nullopt)
    {
        auto const now = status(std::move(session));
        return now.tier + " " + now.status;
    }

    // {status, Location or body}, of a page. `path`: with or without the server.
    std::pair<int, std::string> call(std::string_view method, std::string path, std::string_view body = {})
    {
        if (path.starts_with(server)) path.erase(0, std::string_view(server).size());
        auto const found = router.find(method, path);
        if (!found.route) return {404, "path_not_found"};
        http::Request request;
        request.path = path;
        request.path_parameters = found.parameters;
        request.body = body;
        auto answer = temp.run(found.route->handler(request));
        if (!answer) return {http::status_of(answer.error()), answer.error().code()};
        for (auto const& [name, value] : answer->headers) {
            if (name == "Location") return {answer->status, value};
        }
        return {answer->status, answer->body};
    }
    std::string pay(billing::OpenCheckout const& checkout, std::string_view action = "pay")
    {
        auto const [code, location] = call("POST", checkout.checkout_url, "action=" + std::string(action));
        EXPECT_EQ(code, 303) << location;
        return location;
    }
    std::string portal()
    {
        return temp.run(service.portal(user, stripe::PortalFlow::none, "https://app.example.com/account", soon())).value().url;
    }
    // The page after `action`, and what follows from it.
    std::string use_portal(std::string_view action)
    {
        auto const [code, page] = call("POST", portal(), "action=" + std::string(action));
        EXPECT_EQ(code, 200) << page;
        run_tasks();
        return page;
    }

    // Does what is due as the runner would, until nothing is; which kinds, in their order.
    std::vector<std::string> run_tasks()
    {
        tasks::TaskStore store(temp.database());
        for (std::vector<std::string> done;;) {
            auto claimed = temp.run(store.claim("test", kinds.names_json([](auto const&) { return true; }), 1));
            if (claimed.empty()) return done;
            tasks::TaskRun run(claimed.front(), soon());
            auto const outcome = temp.run(kinds.find(run.task().kind)->work(run));
            EXPECT_EQ(outcome.end(), tasks::TaskEnd::done) << run.task().kind << " " << outcome.reason();
            EXPECT_TRUE(temp.run(store.finish(run.task(), tasks::judge(outcome.end(), {}, run.task().failures, 0), outcome.reason())));
            done.push_back(run.task().kind);
        }
    }
    void lose_tasks() { rows("delete from tasks"); }

    // Lets time go by in steps, as a server that runs would see it.
    void live(std::chrono::hours time)
    {
        for (auto const end = now() + time; now() < end;) {
            advance(std::min<std::chrono::microseconds>(24h, end - now()));
            run_tasks();
        }
    }

    std::int64_t events() { return number("select count(*) from payment_events where state = 'received'"); }
    std::string customer()
    {
        static constexpr db::Sql sql = "select customer_id from payment_customers where user_id = $1";
        return rows(sql, user).front().only().text();
    }
    std::vector<stripe::Subscription> subscriptions() { return *temp.run(stripe::subscriptions_of(api, customer(), soon())).value; }

    stripe::Answer ask(std::string method, std::string path, stripe::Form form = {}, std::string operation = {})
    {
        return temp.run(api.call({std::move(method), std::move(path), std::move(form), std::move(operation), soon()}));
    }

    static constexpr char const* server = "http://127.0.0.1:8000";

    TempDatabase temp;
    int mobiles = 0;
    billing::BillingService billing{temp.database()};
    bus::MemoryNotices notices;
    tasks::Bell bell;
    tasks::TaskKinds kinds;
    billing::Tiers tiers{temp.database(), billing, notices, bell};
    demo::DemoApi api{temp.database(), bell, server};
    demo::DemoDesk desk{temp.database(), bell};
    billing::PaymentAccount account{temp.database(), api, ""};
    billing::Installation installation{temp.database()};
    billing::CustomerSync sync{temp.database(), api, account, installation, tiers, std::chrono::days(3)};
    billing::CheckoutOptions checkout_options{};
    billing::Portal portals{api, server};
    limits::MemoryRateLimiter limiter;
    billing::Checkout checkouts{temp.database(), api, account, installation, portals, checkout_options};
    PaymentsService service{{temp.database(), api, account, installation, checkouts, portals, sync, tiers, limiter},
                            {{server, {"https://app.example.com"}, true}, {}}};
    billing::Webhook webhook{
        temp.database(), stripe::Mode::demo, account, {demo::signing_secret(secret_key)}, tasks::Seal(secret_key), bell, temp.clock()};
    billing::PaymentParts payment_parts{temp.database(), api, account, sync};
    demo::DemoTelling telling{temp.database(), webhook, demo::signing_secret(secret_key), server, bell, temp.clock()};
    http::Router router;
    UserId user;
};

TEST_F(DemoPayments, make_pro_through_the_webhook_alone)
{
    EXPECT_EQ(state(), "basic none");
    auto const checkout = buy();
    EXPECT_EQ(state(), "basic pending");
    EXPECT_EQ(checkout.checkout_url, server + ("/demo/checkout/" + checkout.session_id + "/"));
    EXPECT_EQ(pay(checkout), "https://app.example.com/done?session_id=" + checkout.session_id);
    EXPECT_EQ(state().substr(0, 5), "basic") << "nothing was told yet";

    run_tasks();
    EXPECT_EQ(events(), 3);
    auto const now_paid = status();
    EXPECT_EQ(now_paid.tier + " " + now_paid.status, "pro active");
    EXPECT_EQ(now_paid.plan, "pro");
    EXPECT_EQ(now_paid.price, monthly);
    EXPECT_EQ(now_paid.current_period_end, Time(std::chrono::sys_days(std::chrono::year(2026) / 4 / 1) + 12h));
}

TEST_F(DemoPayments, make_pro_at_once_for_who_comes_back_and_by_any_sync_when_events_are_lost)
{
    auto const checkout = buy(yearly);
    pay(checkout);
    lose_tasks();
    EXPECT_EQ(state(checkout.session_id), "pro active");
    EXPECT_EQ(status().price, yearly);
    EXPECT_EQ(status().current_period_end, Time(std::chrono::sys_days(std::chrono::year(2027) / 3 / 1) + 12h));

    user = add_user();
    pay(buy());
    lose_tasks();
    EXPECT_EQ(state().substr(0, 5), "basic");
    EXPECT_EQ(temp.run(sync.sync(customer(), soon())), billing::CustomerSync::Outcome::changed);
    EXPECT_EQ(state().substr(0, 3), "pro");
}

TEST_F(DemoPayments, are_paid_once_however_often_somebody_clicks)
{
    auto const checkout = buy();
    auto const location = pay(checkout);
    EXPECT_EQ(pay(checkout), location);
    EXPECT_EQ(pay(checkout, "pay_later"), location);
    EXPECT_EQ(subscriptions().size(), 1u);
    EXPECT_EQ(number("select count(*) from demo_subscriptions"), 1);

    auto const [code, page] = call("GET", checkout.checkout_url);
    EXPECT_EQ(code, 200);
    EXPECT_NE(page.find("This checkout is done."), std::string::npos);
    EXPECT_EQ(page.find("<form"), std::string::npos);
    EXPECT_NE(page.find("href=\"" + location + "\""), std::string::npos);
}

TEST_F(DemoPayments, are_paid_once_by_clicks_at_the_same_time)
{
    auto const checkout = buy();
    std::vector<asio::awaitable<void>> clicks;
    constexpr auto click = [](demo::DemoDesk& at, std::string session) -> asio::awaitable<void> {
        auto const view = co_await at.pay(std::move(session), demo::Payment::at_once);
        EXPECT_EQ(view.value().session.status, "complete");
    };
    for (int count = 0; count < 8; ++count) clicks.push_back(click(desk, checkout.session_id));
    temp.loop().run_all(std::move(clicks));
    EXPECT_EQ(number("select count(*) from demo_subscriptions"), 1);
}

TEST_F(DemoPayments, leave_a_declined_checkout_open)
{
    auto const checkout = buy();
    auto const [code, page] = call("POST", checkout.checkout_url, "action=decline");
    EXPECT_EQ(code, 200);
    EXPECT_NE(page.find("The card was declined."), std::string::npos);
    EXPECT_NE(page.find("value=\"pay\""), std::string::npos);
    run_tasks();
    EXPECT_EQ(state(checkout.session_id), "basic pending");
    EXPECT_EQ(buy().session_id, checkout.session_id) << "it is handed out again";
    pay(checkout);
    run_tasks();
    EXPECT_EQ(state(), "pro active");
}

TEST_F(DemoPayments, sell_a_second_time_only_through_the_portal)
{
    pay(buy());
    run_tasks();
    auto const again = try_buy(yearly);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), "already_subscribed");
    ASSERT_EQ(again.error().members().size(), 1u);
    auto const url = std::string(boost::json::parse(again.error().members().front().json).as_string());
    EXPECT_EQ(url.find(std::string(server) + "/demo/portal/bps_demo_"), 0u);
    EXPECT_EQ(call("GET", url).first, 200);
}

TEST_F(DemoPayments, have_one_checkout_open_whichever_price)
{
    auto const first = buy(monthly);
    auto const second = buy(yearly);
    EXPECT_NE(second.session_id, first.session_id);
    auto const [code, page] = call("POST", first.checkout_url, "action=pay");
    EXPECT_EQ(code, 200);
    EXPECT_NE(page.find("This checkout has expired."), std::string::npos);
    EXPECT_EQ(number("select count(*) from demo_subscriptions"), 0);
    advance(demo::session_open_for);
    EXPECT_NE(call("POST", second.checkout_url, "action=pay").second.find("This checkout has expired."), std::string::npos);
    EXPECT_NE(buy(yearly).session_id, second.session_id);
}

TEST_F(DemoPayments, that_come_later_make_pro_when_they_come)
{
    auto const checkout = buy();
    pay(checkout, "pay_later");
    run_tasks();
    EXPECT_EQ(state(checkout.session_id), "basic incomplete");
    EXPECT_EQ(subscriptions().front().latest_invoice->status, "open");
    EXPECT_EQ(temp.run(stripe::session_of(api, checkout.session_id, soon())).value->payment_status, "unpaid");
    advance(demo::late_money_after - 1us);
    EXPECT_EQ(run_tasks(), std::vector<std::string>());
    advance(1us);
    EXPECT_EQ(run_tasks().front(), demo::due_task);
    EXPECT_EQ(state(), "pro active");
    EXPECT_EQ(temp.run(stripe::session_of(api, checkout.session_id, soon())).value->payment_status, "paid");
    EXPECT_EQ(number("select count(*) from payment_events where type = 'checkout.session.async_payment_succeeded'"), 1);
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
    EXPECT_EQ(temp.run(stripe::open_sessions_of(api, customer(), soon())).value->front().id, open.session_id);
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

TEST_F(DemoPayments, take_events_of_their_own_key_alone)
{
    auto const body = R"({"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{"object":"invoice","customer":"cus_1"}}})";
    auto const taken_with = [&](std::string const& secret) {
        auto const taken = temp.run(webhook.take(stripe::sign(body, secret, now()), body, soon()));
        return taken ? std::string("taken") : taken.error().code();
    };
    EXPECT_EQ(taken_with(demo::signing_secret("another secret key of at least 32 bytes")), "signature_invalid");
    EXPECT_EQ(taken_with(""), "signature_invalid");
    EXPECT_EQ(taken_with(demo::signing_secret(secret_key)), "taken");
    EXPECT_EQ(events(), 0) << "of nobody: ignored";
}

TEST_F(DemoPayments, answer_a_repeated_operation_as_the_first_time)
{
    stripe::Form form;
    form.add("metadata[user]", "7");
    auto const first = ask("POST", "/v1/customers", form, "operation-1");
    EXPECT_EQ(first.outcome, stripe::Outcome::done);
    EXPECT_EQ(ask("POST", "/v1/customers", form, "operation-1").body, first.body);
    EXPECT_NE(ask("POST", "/v1/customers", form, "operation-2").body, first.body);
    EXPECT_NE(ask("POST", "/v1/customers", form).body, first.body);
    EXPECT_EQ(number("select count(*) from demo_customers"), 3);

    form.add("metadata[more]", "1");
    EXPECT_EQ(ask("POST", "/v1/customers", form, "operation-1").error_code, "idempotency_error");
    auto const refused = ask("POST", "/v1/subscriptions/sub_1", {}, "operation-3");
    EXPECT_EQ(refused.outcome, stripe::Outcome::refused);
    EXPECT_EQ(ask("POST", "/v1/subscriptions/sub_1", {}, "operation-3").error_code, "resource_missing");
    advance(demo::answers_kept + 1s);
    ask("POST", "/v1/customers", {}, "operation-4");
    EXPECT_EQ(number("select count(*) from demo_answers"), 1) << "the others are forgotten";
}

TEST_F(DemoPayments, answer_all_that_is_read_of_stripe)
{
    pay(buy());
    EXPECT_EQ(*temp.run(stripe::account_of(api, soon())).value, "demo");
    auto const price = *temp.run(stripe::price_of(api, yearly, soon())).value;
    EXPECT_TRUE(price.is_active);
    EXPECT_EQ(price.amount_minor, 120'00);
    EXPECT_EQ(price.currency + " " + price.interval, "usd year");
    EXPECT_TRUE(temp.run(stripe::price_of(api, "price_1", soon())).is_missing);
    EXPECT_TRUE(temp.run(stripe::subscriptions_of(api, "cus_1", soon())).is_missing);
    EXPECT_TRUE(temp.run(stripe::session_of(api, "cs_1", soon())).is_missing);
    EXPECT_FALSE(*temp.run(stripe::is_customer_deleted(api, customer(), soon())).value);
    EXPECT_FALSE(*temp.run(stripe::is_money_gone(api, "pi_1", soon())).value);
    EXPECT_TRUE(temp.run(stripe::invoices_paid_by(api, "pi_1", soon())).value->empty());
    EXPECT_TRUE(temp.run(stripe::portal_configurations(api, soon())).value->empty());
    auto const endpoint = temp.run(stripe::webhook_endpoints(api, soon())).value->front();
    EXPECT_EQ(endpoint.url, std::string(server) + "/subscription/webhook/");
    EXPECT_TRUE(endpoint.is_enabled());
    EXPECT_TRUE(temp.run(stripe::events_since(api, now() - 1h, {}, soon())).value->items.empty());

    auto const bought = subscriptions().front();
    EXPECT_EQ(bought.owner.user, std::to_string(user.value));
    EXPECT_EQ(bought.owner.installation, temp.run(installation.id()));
    EXPECT_EQ(bought.latest_invoice->status, "paid");
    auto const one = *temp.run(stripe::subscription_of(api, bought.id, soon())).value;
    EXPECT_EQ(one.latest_invoice->id, bought.latest_invoice->id);
    EXPECT_EQ(ask("GET", "/v1/coupons").error_code, "resource_missing");
    EXPECT_EQ(ask("POST", "/v1/prices/demo_pro_yearly").error_code, "resource_missing");
    EXPECT_EQ(ask("GET", "/v1/customers/").error_code, "resource_missing");
}

TEST_F(DemoPayments, list_subscriptions_page_by_page_newest_first)
{
    std::vector<std::string> bought;
    for (int count = 0; count < 5; ++count) {
        user = add_user();
        pay(buy());
        bought.insert(bought.begin(), subscriptions().front().id);
        if (count != 2) advance(1s); // Two of the same second, too.
    }
    std::vector<std::string> seen;
    stripe::Form form;
    for (;;) {
        auto const answer = ask("GET", "/v1/subscriptions", form);
        auto const& page = answer.body.at("data").as_array();
        for (auto const& item : page) seen.emplace_back(item.at("id").as_string());
        if (!answer.body.at("has_more").as_bool()) break;
        form = stripe::Form().add("limit", std::int64_t{2}).add("starting_after", seen.back());
        ASSERT_LE(seen.size(), 10u);
        if (seen.size() == 5) {
            seen.clear();
            form = stripe::Form().add("limit", std::int64_t{2});
        }
    }
    std::ranges::sort(seen.begin() + 1, seen.begin() + 3);
    std::ranges::sort(bought.begin() + 1, bought.begin() + 3);
    EXPECT_EQ(seen, bought);
}

TEST_F(DemoPayments, have_pages_for_who_knows_their_ids_alone)
{
    struct Case {
        std::string_view method, path, body;
        int status;
        std::string_view answer;
    };
    auto const checkout = buy();
    auto const path = "/demo/checkout/" + checkout.session_id + "/";
    auto const portal_path = portal().substr(std::string_view(server).size());
    for (auto const& [method, where, body, wanted, part] : {
             Case{"GET", path, "", 200, "<title>Demo checkout, no money moves</title>"},
             Case{"GET", path, "", 200, "Pay $12.00"},
             Case{"GET", path, "", 200, "href=\"https://app.example.com/done\""},
             Case{"POST", path, "", 422, "invalid_input"},
             Case{"POST", path, "action=steal", 422, "invalid_input"},
             Case{"POST", path, "action=%zz", 400, "invalid_query"},
             Case{"POST", path, "action=decline&x=1", 200, "declined"},
             Case{"GET", "/demo/checkout/cs_demo_0/", "", 404, "session_not_found"},
             Case{"POST", "/demo/checkout/cs_demo_0/", "action=pay", 404, "session_not_found"},
             Case{"POST", "/demo/checkout/cs_demo_0/", "action=decline", 404, "session_not_found"},
             Case{"GET", "/demo/checkout/a'b/", "", 404, "session_not_found"},
             Case{"GET", portal_path, "", 200, "Nothing was bought yet."},
             Case{"POST", portal_path, "action=cancel", 200, "Nothing was bought yet."},
             Case{"POST", portal_path, "action=pay", 422, "invalid_input"},
             Case{"POST", portal_path, "action=switch&price=price_1", 422, "invalid_input"},
             Case{"GET", "/demo/portal/bps_demo_0/", "", 404, "portal_not_found"},
             Case{"POST", "/demo/portal/bps_demo_0/", "action=keep", 404, "portal_not_found"},
         }) {
        auto const [code, answer] = call(method, std::string(where), body);
        EXPECT_EQ(code, wanted) << method << " " << where << " " << body;
        EXPECT_NE(answer.find(part), std::string::npos) << method << " " << where << " " << body << " -> " << answer;
    }
    advance(demo::portals_kept);
    EXPECT_EQ(call("GET", portal_path).first, 404);
    for (auto const& route : router.routes()) EXPECT_FALSE(route.options.is_documented) << route.path;
}

TEST_F(DemoPayments, refuse_sessions_that_stripe_would_refuse)
{
    buy();
    auto const good = [&](std::string_view without = {}) {
        stripe::Form form;
        for (auto const& [name, value] : {std::pair<std::string, std::string>{"mode", "subscription"},
                                          {"customer", customer()},
                                          {"line_items[0][price]", monthly},
                                          {"success_url", "https://a.example/{CHECKOUT_SESSION_ID}"},
                                          {"cancel_url", "https://a.example/"}}) {
            if (name != without) form.add(name, value);
        }
        return form;
    };
    auto const error_of = [&](stripe::Form form) { return ask("POST", "/v1/checkout/sessions", std::move(form)).error_parameter; };
    EXPECT_EQ(error_of(good()), "");
    for (auto const* name : {"mode", "customer", "line_items[0][price]", "success_url", "cancel_url"})
        EXPECT_EQ(error_of(good(name)), name);
    EXPECT_EQ(error_of(good("success_url").add("success_url", "javascript:alert(1)")), "success_url");
    EXPECT_EQ(error_of(good().add("subscription_data[trial_period_days]", "0")), "subscription_data[trial_period_days]");
    EXPECT_EQ(error_of(good().add("subscription_data[trial_period_days]", "x")), "subscription_data[trial_period_days]");
}

TEST_F(DemoPayments, refuse_changes_that_stripe_would_refuse)
{
    pay(buy());
    auto const path = "/v1/subscriptions/" + subscriptions().front().id;
    auto const change = [&](std::string_view name, std::string_view value) {
        return ask("POST", path, stripe::Form().add(name, value)).outcome == stripe::Outcome::done;
    };
    EXPECT_EQ(ask("POST", path, stripe::Form().add("cancel_at_period_end", "false").add("cancel_at", "")).outcome,
              stripe::Outcome::refused);
    EXPECT_FALSE(change("cancel_at", "1"));
    EXPECT_FALSE(change("items[0][price]", "price_1"));
    EXPECT_TRUE(change("items[0][price]", yearly));
    auto const time = std::chrono::duration_cast<std::chrono::seconds>((now() + 1h).time_since_epoch()).count();
    EXPECT_TRUE(change("cancel_at", std::to_string(time)));
    EXPECT_FALSE(change("items[0][price]", monthly));
    EXPECT_TRUE(change("cancel_at_period_end", "false"));
    EXPECT_TRUE(subscriptions().front().cancel_at) << "the flag was not what cancelled it";
    EXPECT_TRUE(change("cancel_at", ""));
    EXPECT_FALSE(subscriptions().front().cancel_at);
    EXPECT_EQ(ask("DELETE", path).outcome, stripe::Outcome::done);
    EXPECT_EQ(ask("DELETE", path).outcome, stripe::Outcome::refused);
    EXPECT_FALSE(change("cancel_at_period_end", "true"));
}

} // namespace
} // namespace pollux::test
