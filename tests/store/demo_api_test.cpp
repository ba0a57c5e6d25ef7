// Stripe's calls as the demo answers them: what is read, what is repeated, what is refused; and whose events are taken.
#include "billing/stripe/account_objects.hpp"
#include "billing/stripe/signature.hpp"
#include "store/demo_fixture.hpp"

namespace pollux::test {
namespace {

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
    EXPECT_FALSE(temp.run(stripe::money_of(api, "pi_1", soon())).value->is_gone);
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

} // namespace
} // namespace pollux::test
