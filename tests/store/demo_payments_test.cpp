// Demo payments, from a purchase to Pro: through the same code that Stripe's payments take, and the demo's pages.
#include "store/demo_fixture.hpp"

#include <boost/json/parse.hpp>

namespace pollux::test {
namespace {

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

TEST_F(DemoPayments, that_are_on_their_way_are_waited_for)
{
    auto const checkout = buy();
    pay(checkout, "pay_later");
    for (bool const is_known : {false, true}) {
        for (auto const* price : {monthly, yearly}) {
            auto const again = try_buy(price);
            ASSERT_FALSE(again) << price;
            EXPECT_EQ(again.error().code(), "payment_pending") << price;
        }
        if (!is_known) run_tasks();
    }
    EXPECT_EQ(state(checkout.session_id), "basic incomplete") << "who comes back from paying opens no way to a second one";
    EXPECT_EQ(try_buy().error().code(), "payment_pending");
    advance(demo::late_money_after);
    run_tasks();
    EXPECT_EQ(state(), "pro active");
    EXPECT_EQ(try_buy().error().code(), "already_subscribed");
    EXPECT_EQ(number("select count(*) from demo_sessions"), 1);
    EXPECT_EQ(number("select count(*) from demo_subscriptions"), 1);
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
    accept = "text/html";
    for (auto const& gone : {portal_path, std::string("/demo/checkout/cs_demo_0/")}) {
        auto const [code, page] = call("GET", gone);
        EXPECT_EQ(code, 404) << gone;
        EXPECT_NE(page.find("There is no such page"), std::string::npos) << page;
    }
    for (auto const& route : router.routes()) EXPECT_FALSE(route.options.is_documented) << route.path;
}

} // namespace
} // namespace pollux::test
