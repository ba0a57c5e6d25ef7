// Changes at the provider that are begun end rightly: what may have been made is looked for before something else is, a refusal is told
// once, no page stays open behind it, and an answer about something else is none.
#include "billing/payments/checkout_store.hpp"
#include "store/payments_fixture.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace pollux::test {
namespace {

constexpr char const* making = "POST /v1/checkout/sessions";
constexpr char const* under_way_sql = "select count(*) from payment_operations";

class PaymentOperations : public PaymentStores {
protected:
    std::string refusal(UserId user, std::optional<std::string> price = std::nullopt)
    {
        auto const answer = buy(user, std::move(price));
        return answer ? "" : answer.error().code();
    }

    // A session is made, and nobody hears of it. Its id.
    std::string make_unheard(UserId user)
    {
        world.lost = {making};
        EXPECT_EQ(refusal(user), "payment_provider_slow");
        world.lost.clear();
        EXPECT_EQ(world.sessions.size(), 1u);
        EXPECT_EQ(number(under_way_sql), 1);
        return world.sessions.begin()->first;
    }

    void pay(std::string const& session)
    {
        auto& sold = world.sessions.at(session);
        sold["subscription"] = world.subscribe(std::string(sold.at("customer").as_string()), now());
        sold["status"] = "complete";
        sold["payment_status"] = "paid";
        sold["url"] = nullptr;
    }

    // What the provider's answers to this call say instead.
    void lie(std::string call, std::string field, json::value value)
    {
        world.twist = [=](stripe::Call const& asked, stripe::Answer& answer) {
            if (asked.method + " " + asked.path != call || answer.outcome != stripe::Outcome::done) return;
            auto* data = answer.body.if_contains("data");
            if (!data) answer.body[field] = value;
            if (data) {
                for (auto& one : data->as_array()) one.as_object()[field] = value;
            }
        };
    }
    void refuse(std::string call, int status, std::string type)
    {
        world.twist = [=](stripe::Call const& asked, stripe::Answer& answer) {
            if (asked.method + " " + asked.path != call) return;
            answer = {};
            answer.outcome = stripe::Outcome::refused;
            answer.status = status;
            answer.error_type = type;
        };
    }

    // As by another node; what an erasure asks for has been done before.
    asio::awaitable<void> everybody_goes()
    {
        static constexpr db::Sql gone_sql = "update users set mobile = 'gone:' || id, tier = 'gone'";
        co_await temp.database().write(gone_sql);
    }

    Result<billing::OpenCheckout> buy_with(UserId user, std::string key, std::string body)
    {
        billing::PaymentsService::Purchase purchase{"pro", std::nullopt, std::nullopt, {}};
        purchase.key = {std::move(key), idempotency::hash_request("POST", "/subscription/checkout/", body)};
        return temp.run(till->service.buy(user, std::move(purchase), soon()));
    }
};

// --- what may have been made -----------------------------------------------------------------------------------------------------

TEST_F(PaymentOperations, one_that_is_too_old_for_its_key_opens_no_second_page)
{
    auto const user = add_user();
    auto const session = make_unheard(user);
    advance(24h);
    world.forget_operations();
    EXPECT_EQ(buy(user).value().session_id, session);
    EXPECT_EQ(world.sessions.size(), 1u);
    EXPECT_EQ(number(under_way_sql), 0);
}

TEST_F(PaymentOperations, one_that_is_too_old_and_led_to_nothing_makes_room_for_another_key)
{
    auto const user = add_user();
    make_unheard(user);
    world.sessions.clear();
    advance(24h);
    auto const session = buy(user).value().session_id;
    EXPECT_EQ(world.sessions.size(), 1u);
    EXPECT_EQ(buy(user).value().session_id, session);
    EXPECT_EQ(number(under_way_sql), 0);
}

TEST_F(PaymentOperations, what_an_old_one_sold_counts)
{
    auto const user = add_user();
    pay(make_unheard(user));
    advance(24h);
    world.forget_operations();
    EXPECT_EQ(refusal(user), "already_subscribed");
    EXPECT_EQ(world.sessions.size(), 1u);
}

TEST_F(PaymentOperations, money_on_its_way_by_an_old_one_is_waited_for)
{
    auto const user = add_user();
    world.pay_later(make_unheard(user), now());
    advance(24h);
    world.forget_operations();
    EXPECT_EQ(refusal(user), "payment_pending");
    EXPECT_EQ(world.payable(customer(user)), 1);
}

TEST_F(PaymentOperations, a_customer_that_was_never_heard_of_is_made_anew_after_a_day)
{
    auto const user = add_user();
    world.lost = {"POST /v1/customers"};
    EXPECT_EQ(refusal(user), "payment_provider_slow");
    world.lost.clear();
    advance(24h);
    world.forget_operations();
    EXPECT_EQ(refusal(user), "");
    EXPECT_EQ(customer(user), std::prev(world.customers.end())->first);
    EXPECT_EQ(number(under_way_sql), 0);
}

// The provider has not looked at it: whether an earlier call has made something is as open as before.
TEST_F(PaymentOperations, a_key_that_is_refused_ends_none)
{
    for (int const status : {401, 403}) {
        auto const user = add_user();
        world.sessions.clear();
        auto const session = make_unheard(user);
        refuse(making, status, "invalid_request_error");
        EXPECT_EQ(refusal(user), "payment_refused");
        world.twist = nullptr;
        EXPECT_EQ(buy(user).value().session_id, session);
        EXPECT_EQ(world.sessions.size(), 1u);
        EXPECT_EQ(number(under_way_sql), 0);
    }
}

TEST_F(PaymentOperations, a_key_that_stands_for_something_else_ends_it_without_losing_what_it_made)
{
    auto const user = add_user();
    auto const session = make_unheard(user);
    refuse(making, 400, "idempotency_error");
    EXPECT_EQ(buy(user).value().session_id, session);
    EXPECT_EQ(world.sessions.size(), 1u);
    EXPECT_EQ(number(under_way_sql), 0);
}

TEST_F(PaymentOperations, one_that_was_refused_is_no_answer_to_the_next)
{
    auto const user = add_user();
    refuse(making, 400, "invalid_request_error");
    EXPECT_EQ(refusal(user), "payment_refused");
    EXPECT_EQ(number(under_way_sql), 0);
    world.twist = nullptr;
    EXPECT_EQ(refusal(user), "");
}

TEST_F(PaymentOperations, one_for_a_customer_who_is_gone_ends_with_it)
{
    auto const user = add_user();
    make_unheard(user);
    world.customers.at(customer(user))["deleted"] = true;
    sync(user);
    EXPECT_EQ(number(under_way_sql), 0);
    auto const session = buy(user).value().session_id;
    EXPECT_EQ(world.sessions.at(session).at("customer").as_string(), customer(user));
}

TEST_F(PaymentOperations, a_session_that_is_made_for_an_account_that_is_gone_is_owed_an_end)
{
    auto const user = add_user();
    world.twist = [this](stripe::Call const& asked, stripe::Answer&) {
        if (asked.method + " " + asked.path == making) world.meanwhile = [this] { return everybody_goes(); };
    };
    EXPECT_EQ(refusal(user), "user_not_found");
    world.twist = nullptr;
    EXPECT_EQ(tasks_of(billing::end_customer_task), 1);
    run_tasks();
    for (auto const& [id, session] : world.sessions) EXPECT_EQ(session.at("status"), "expired") << id;
}

// --- nothing stays open behind a refusal -----------------------------------------------------------------------------------------

TEST_F(PaymentOperations, who_has_a_subscription_has_no_page_open_beside_it)
{
    auto const user = add_user();
    auto const session = buy(user).value().session_id;
    world.subscribe(customer(user), now()); // By support, say.
    EXPECT_EQ(refusal(user), "already_subscribed");
    EXPECT_EQ(world.sessions.at(session).at("status"), "expired");
    EXPECT_EQ(number("select count(*) from checkouts"), 0);
}

TEST_F(PaymentOperations, a_page_that_is_paid_while_it_is_closed_counts)
{
    auto const user = add_user();
    auto const session = buy(user).value().session_id;
    auto const closing = "/v1/checkout/sessions/" + session + "/expire";
    bool is_paid = false;
    world.twist = [&, session](stripe::Call const& asked, stripe::Answer&) {
        if (asked.path != "/v1/checkout/sessions/" + session || asked.method != "GET" || std::exchange(is_paid, true)) return;
        pay(session); // Seen open, and paid before the call that closes it.
    };
    EXPECT_EQ(refusal(user, "price_year"), "already_subscribed");
    EXPECT_EQ(std::ranges::count(world.calls, "POST " + closing), 1);
    EXPECT_EQ(world.sessions.size(), 1u);
    sync(user);
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentOperations, the_page_of_a_price_that_is_sold_no_more_is_closed)
{
    auto const user = add_user();
    auto const session = buy(user).value().session_id;
    EXPECT_EQ(refusal(user, "price_unknown"), "invalid_input");
    EXPECT_EQ(world.sessions.at(session).at("status"), "open") << "its own price is sold";
    rows("update plans set is_archived = 1 where name = 'pro'");
    EXPECT_EQ(refusal(user), "plan_not_sold");
    EXPECT_EQ(world.sessions.at(session).at("status"), "expired");
}

TEST_F(PaymentOperations, a_product_that_is_archived_is_told_as_what_is_not_sold)
{
    world.archived_products = {"prod_price_pro", "prod_price_year"};
    EXPECT_EQ(refusal(add_user()), "plan_not_sold");
    EXPECT_EQ(refusal(add_user(), "price_year"), "plan_not_sold");
    world.archived_products.clear();
    begin_hour();
    EXPECT_EQ(refusal(add_user()), "") << "it is sold there again";
}

TEST_F(PaymentOperations, nothing_is_handed_out_when_other_payments_came_into_force_meanwhile)
{
    auto const user = add_user();
    billing::PaymentAccount other(temp.database(), world, "key_2");
    world.twist = [&](stripe::Call const& asked, stripe::Answer&) {
        if (asked.path == "/v1/checkout/sessions" && asked.method == "POST")
            world.meanwhile = [&] { return other.put_in_force({"live", "acct_2"}); };
    };
    EXPECT_EQ(refusal(user), "billing_not_configured");
    EXPECT_EQ(world.sessions.begin()->second.at("status"), "expired");
}

TEST_F(PaymentOperations, a_fetch_gives_nothing_when_other_payments_came_into_force_meanwhile)
{
    auto const user = add_user();
    buy(user);
    world.subscribe(customer(user), now());
    billing::PaymentAccount other(temp.database(), world, "key_2");
    world.meanwhile = [&] { return other.put_in_force({"live", "acct_2"}); };
    temp.run(till->sync.sync(customer(user), soon()));
    EXPECT_EQ(tier(user), "basic");
    temp.run(till->account.put_in_force({"live", "acct_1"}));
    run_tasks();
    EXPECT_EQ(tier(user), "pro") << "it was bought there, and counts when its key comes back";
}

// --- what was lost ---------------------------------------------------------------------------------------------------------------

TEST_F(PaymentOperations, what_was_lost_of_something_else_is_neither_ended_nor_in_the_way)
{
    json::object const never_paid{{"id", "in_1"}, {"status", "void"}, {"billing_reason", "subscription_create"}};
    auto const user = add_user();
    buy(user);
    auto const support = world.subscribe(customer(user), now(), "price_of_support");
    world.set(support, "latest_invoice", never_paid);
    EXPECT_EQ(refusal(user), "");
    EXPECT_EQ(world.subscriptions.at(support).at("status"), "active");
    auto const lost = world.subscribe(customer(user), now(), "price_year");
    world.set(lost, "latest_invoice", never_paid);
    EXPECT_EQ(refusal(user), "");
    EXPECT_EQ(world.subscriptions.at(lost).at("status"), "canceled") << "of a plan: it is in the way of the next";
    EXPECT_EQ(world.subscriptions.at(support).at("status"), "active");
}

TEST_F(PaymentOperations, a_change_of_what_is_over_by_now_is_answered_with_how_it_is)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const path = "/v1/subscriptions/" + subscription;
    world.twist = [&](stripe::Call const& asked, stripe::Answer& answer) {
        if (asked.method != "POST" || asked.path != path) return;
        world.set(subscription, "status", "canceled");
        answer = {};
        answer.outcome = stripe::Outcome::refused;
        answer.status = 400;
    };
    EXPECT_EQ(temp.run(till->service.cancel(user, soon())).value().status, "canceled");
    EXPECT_EQ(tier(user), "basic");
}

// --- answers about something else ------------------------------------------------------------------------------------------------

TEST_F(PaymentOperations, what_another_bought_gives_no_plan)
{
    auto const user = add_user();
    buy(user);
    auto const payer = add_user();
    subscriber(payer);
    world.subscribe(customer(user), now());
    std::vector<std::pair<std::string, json::value>> const lies{
        {"customer", json::value(customer(payer))}, {"livemode", json::value(false)}, {"object", json::value("invoice")}};
    for (auto const& [field, value] : lies) {
        lie("GET /v1/subscriptions", field, value);
        EXPECT_EQ(sync(user), billing::CustomerSync::Outcome::unknown) << field;
        EXPECT_EQ(tier(user), "basic") << field;
        EXPECT_EQ(refusal(user), "payment_provider_slow") << field;
    }
    world.twist = nullptr;
    EXPECT_EQ(sync(user), billing::CustomerSync::Outcome::changed);
}

TEST_F(PaymentOperations, what_another_lost_takes_no_plan)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    lie("GET /v1/subscriptions", "customer", "cus_of_another");
    EXPECT_EQ(sync(user), billing::CustomerSync::Outcome::unknown);
    world.twist = nullptr;
    world.set(subscription, "status", "canceled");
    lie("GET /v1/customers/" + customer(user), "id", "cus_of_another");
    EXPECT_EQ(sync(user), billing::CustomerSync::Outcome::unknown) << "whether the customer is gone is asked then";
    EXPECT_EQ(tier(user), "pro");
    world.twist = nullptr;
    sync(user);
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(PaymentOperations, a_page_for_another_is_handed_to_nobody)
{
    auto const of_another_price = json::object{{"data", json::array{json::object{{"price", json::object{{"id", "price_year"}}}}}}};
    std::vector<std::pair<std::string, json::value>> const lies{
        {"customer", "cus_of_another"}, {"livemode", false}, {"metadata", json::object{{"user", "0"}}}, {"line_items", of_another_price}};
    for (auto const& [field, value] : lies) {
        auto const user = add_user();
        lie(making, field, value);
        EXPECT_EQ(refusal(user), "payment_provider_slow") << field;
        // Given once more for the same key: what was really made is looked for.
        auto const opened = buy(user);
        ASSERT_TRUE(opened) << field;
        EXPECT_EQ(world.sessions.at(opened->session_id).at("customer").as_string(), customer(user)) << field;
        EXPECT_EQ(world.payable(customer(user)), 1) << field;
        world.twist = nullptr;
        EXPECT_EQ(buy(user)->session_id, opened->session_id) << field;
    }
}

TEST_F(PaymentOperations, another_users_customer_is_nobodys)
{
    auto const user = add_user();
    lie("POST /v1/customers", "metadata", json::object{{"user", "0"}, {"installation", "elsewhere"}});
    EXPECT_EQ(refusal(user), "payment_provider_slow");
    EXPECT_EQ(customer(user), "");
    world.twist = nullptr;
    EXPECT_EQ(refusal(user), "");
    EXPECT_EQ(world.customers.size(), 1u);
}

TEST_F(PaymentOperations, an_answer_about_another_session_opens_and_closes_none)
{
    auto const user = add_user();
    auto const session = buy(user).value().session_id;
    lie("GET /v1/checkout/sessions/" + session, "id", "cs_of_another");
    EXPECT_EQ(refusal(user), "payment_provider_slow");
    lie("POST /v1/checkout/sessions/" + session + "/expire", "id", "cs_of_another");
    EXPECT_EQ(refusal(user, "price_year"), "payment_provider_slow");
    EXPECT_EQ(number("select count(*) from checkouts"), 1);
    world.twist = nullptr;
    EXPECT_EQ(refusal(user, "price_year"), "");
    EXPECT_EQ(world.payable(customer(user)), 1);
}

TEST_F(PaymentOperations, an_answer_about_another_subscription_cancels_nothing)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    lie("POST /v1/subscriptions/" + subscription, "id", "sub_of_another");
    auto const cancelled = temp.run(till->service.cancel(user, soon()));
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code(), "payment_provider_slow");
    world.twist = nullptr;
    EXPECT_TRUE(temp.run(till->service.cancel(user, soon())).value().cancels_at);
}

TEST_F(PaymentOperations, another_customers_portal_is_shown_to_nobody)
{
    auto const user = add_user();
    subscriber(user);
    lie("POST /v1/billing_portal/sessions", "customer", "cus_of_another");
    auto const opened = temp.run(till->service.portal(user, stripe::PortalFlow::none, std::nullopt, soon()));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), "payment_provider_slow");
}

// --- the client's own key --------------------------------------------------------------------------------------------------------

TEST_F(PaymentOperations, a_clients_key_stands_for_one_request)
{
    auto const user = add_user();
    auto const first = buy_with(user, "key", "a").value().session_id;
    EXPECT_EQ(buy_with(user, "key", "a").value().session_id, first);
    auto const reused = buy_with(user, "key", "b");
    ASSERT_FALSE(reused);
    EXPECT_EQ(reused.error().code(), "idempotency_key_reused");
    EXPECT_TRUE(buy_with(add_user(), "key", "b")) << "a key is its user's";
    EXPECT_EQ(world.sessions.size(), 2u);
}

TEST_F(PaymentOperations, a_refusal_leaves_a_clients_key_free)
{
    auto const user = add_user();
    world.is_away = true;
    EXPECT_EQ(buy_with(user, "key", "a").error().code(), "payment_provider_slow");
    world.is_away = false;
    EXPECT_TRUE(buy_with(user, "key", "b"));
}

// --- clocks that are apart -------------------------------------------------------------------------------------------------------

TEST_F(PaymentOperations, what_was_bought_by_a_clock_that_is_behind_is_not_waited_for)
{
    auto const user = add_user();
    buy(user);
    auto const subscription = world.subscribe(customer(user), now() - billing::clock_margin / 2);
    world.set(subscription, "status", "canceled");
    sync(user);
    EXPECT_EQ(status(user).status, "canceled");
}

TEST_F(PaymentOperations, a_page_may_be_open_for_as_long_as_a_clock_that_is_behind_says)
{
    auto const user = add_user();
    buy(user);
    advance(24h + billing::clock_margin / 2);
    EXPECT_EQ(status(user).status, "pending");
    advance(billing::clock_margin);
    EXPECT_EQ(status(user).status, "none");
}

} // namespace
} // namespace pollux::test
