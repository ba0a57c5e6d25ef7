// Demo payments over a database, with its clock in the test's hands, its pages without a server, and tasks that run when the test says so.
#pragma once

#include "base/secrets.hpp"
#include "billing/demo/demo_api.hpp"
#include "billing/demo/demo_events.hpp"
#include "billing/demo/demo_routes.hpp"
#include "billing/demo/demo_store.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "billing/payments/payments_service.hpp"
#include "billing/stripe/reads.hpp"
#include "billing/tier_tasks.hpp"
#include "bus/memory_notices.hpp"
#include "http/error_response.hpp"
#include "http/header_fields.hpp"
#include "http/router.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "support/temp_database.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

#include <gtest/gtest.h>

namespace pollux::test {

using namespace std::chrono_literals;
using billing::PaymentsService;
using billing::SubscriptionStatus;
namespace demo = billing::demo;
namespace stripe = billing::stripe;

constexpr char const* secret_key = "a secret key of at least 32 bytes, for tests";
constexpr char const* monthly = "demo_pro_monthly";
constexpr char const* yearly = "demo_pro_yearly";

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
        boost::beast::http::fields sent;
        if (!accept.empty()) sent.set("Accept", accept);
        http::HeaderFields const fields(sent);
        http::Request request;
        request.fields = &fields;
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
    std::string accept; // Of each call.
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
    PaymentsService service{{temp.database(), api, account, installation, checkouts, portals, sync, tiers, limiter, temp.clock()},
                            {{server, {"https://app.example.com"}, true}, {}}};
    billing::Webhook webhook{
        temp.database(), stripe::Mode::demo, account, {demo::signing_secret(secret_key)}, tasks::Seal(secret_key), bell, temp.clock()};
    billing::PaymentParts payment_parts{temp.database(), api, account, sync};
    demo::DemoTelling telling{temp.database(), webhook, demo::signing_secret(secret_key), server, bell, temp.clock()};
    http::Router router;
    UserId user;
};

} // namespace pollux::test
