#include "cli/doctor_payments.hpp"

#include "billing/stripe/scripted_api.hpp"
#include "cli/stripe_access.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

namespace stripe = billing::stripe;

PaymentSetup right()
{
    return {.debug = false,
            .public_url = "https://chat.example.com",
            .prices = {"price_1"},
            .stored = {},
            .publishable_key = "pk_live_1",
            .has_webhook_secret = true};
}

stripe::ScriptedApi well()
{
    stripe::ScriptedApi api;
    api.mode_ = stripe::Mode::live;
    api.on("GET /v1/account", R"({"id":"acct_1AbCdEfGhIjKlMnO"})");
    api.on("GET /v1/prices/price_1", R"({"id":"price_1","active":true,"recurring":{"interval":"month"}})");
    api.on("GET /v1/billing_portal/configurations",
           R"({"data":[{"id":"bpc_1","active":true,"metadata":{"pollux":"https://chat.example.com"},"features":{)"
           R"("subscription_cancel":{"enabled":true,"mode":"at_period_end"},"payment_method_update":{"enabled":true}}}]})");
    api.on("GET /v1/webhook_endpoints",
           R"({"data":[{"id":"we_1","url":"https://chat.example.com/subscription/webhook/","status":"enabled",)"
           R"("api_version":"2026-10-28.endive","enabled_events":["*"]}]})");
    return api;
}

std::vector<Finding> examine(stripe::ScriptedApi const& api, PaymentSetup setup = right())
{
    return run_calls(examine_stripe(api, std::move(setup)));
}

std::vector<Finding> not_well(std::vector<Finding> findings)
{
    std::erase_if(findings, [](Finding const& one) { return one.health == Health::well; });
    return findings;
}

TEST(DoctorPayments, find_nothing_where_all_is_right)
{
    EXPECT_TRUE(not_well(examine(well())).empty());
    EXPECT_TRUE(examine_payment_settings(right(), stripe::Mode::live).empty());
}

TEST(DoctorPayments, tell_a_key_of_another_account_where_keys_name_it)
{
    auto setup = right();
    setup.publishable_key = "pk_live_51AbCdEfGhIjKlMnOqQqQqQqQqQqQqQqQqQqQq";
    EXPECT_TRUE(not_well(examine(well(), setup)).empty());
    setup.publishable_key = "pk_live_51ZzCdEfGhIjKlMnOqQqQqQqQqQqQqQqQqQqQq";
    auto const found = not_well(examine(well(), setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found.front().what.find("another account"), std::string::npos);
    setup.publishable_key = "pk_live_AnOlderKeyThatNamesNone00000000000000000";
    EXPECT_TRUE(not_well(examine(well(), setup)).empty());
}

TEST(DoctorPayments, go_no_further_than_a_key_that_opens_nothing)
{
    auto api = well();
    api.on("GET /v1/account", [](stripe::Call const&) { return stripe::ScriptedApi::error(401, "", "Invalid API Key"); });
    auto const found = not_well(examine(api));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().health, Health::ill);
    EXPECT_EQ(api.take_calls().size(), 1u);
}

TEST(DoctorPayments, judge_stored_prices_of_the_keys_own_account_alone)
{
    auto api = well();
    auto setup = right();
    for (int number = 10; number < 40; ++number) setup.stored.push_back({"acct_0", "price_theirs_" + std::to_string(number), "pro"});
    setup.stored.push_back({"acct_1AbCdEfGhIjKlMnO", "price_1", "pro"});
    EXPECT_TRUE(not_well(examine(api, setup)).empty());
    for (auto const& call : api.take_calls()) EXPECT_EQ(call.find("price_theirs"), std::string::npos) << call;

    setup.stored.push_back({"acct_1AbCdEfGhIjKlMnO", "price_gone", "max"});
    auto found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found.front().what.find("no price price_gone"), std::string::npos);
    EXPECT_EQ(found.front().mend.find("STRIPE_PRICE_ID"), std::string::npos) << "it does not stand there: " << found.front().mend;
    EXPECT_NE(found.front().mend.find("pollux plans price max price_gone --retire"), std::string::npos) << found.front().mend;
    setup.stored.back().is_sold = false;
    EXPECT_TRUE(not_well(examine(api, setup)).empty());
    setup.stored = {{"acct_1AbCdEfGhIjKlMnO", "price_1", "max"}};
    found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().what, "Stripe: STRIPE_PRICE_ID names the price price_1, which is of the plan max.");
}

TEST(DoctorPayments, name_what_customers_can_switch_to_though_it_is_not_sold)
{
    auto api = well();
    api.on("GET /v1/billing_portal/configurations",
           R"({"data":[{"id":"bpc_1","active":true,"metadata":{"pollux":"https://chat.example.com"},"features":{)"
           R"("subscription_cancel":{"enabled":true,"mode":"at_period_end"},"payment_method_update":{"enabled":true},)"
           R"("subscription_update":{"enabled":true,"products":[{"product":"prod_1","prices":["price_1","price_2","price_3"]}]}}}]})");
    auto setup = right();
    EXPECT_TRUE(not_well(examine(api, setup)).empty()) << "without a database nobody knows what else is sold";
    setup.is_database_known = true;
    setup.stored = {{"acct_0", "price_2", "pro"}};
    auto found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().health, Health::ill);
    EXPECT_EQ(found.front().what,
              "Stripe: the portal configuration bpc_1 lets customers switch to the price price_2, which no plan names: who "
              "pays by it has none. So it does with 1 more.");
    EXPECT_EQ(found.front().mend, "`pollux stripe-setup` takes it out.");

    constexpr char const* account = "acct_1AbCdEfGhIjKlMnO";
    setup.stored = {{account, "price_2", "max", false}, {account, "price_3", "max"}};
    api.on("GET /v1/prices/price_3", R"({"id":"price_3","active":true,"product":"prod_3","recurring":{"interval":"month"}})");
    found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().health, Health::note) << "it entitles to its plan";
    EXPECT_NE(found.front().what.find("price_2, which is sold no more"), std::string::npos) << found.front().what;
    setup.stored.front().is_sold = true;
    api.on("GET /v1/prices/price_2", R"({"id":"price_2","active":true,"product":"prod_2","recurring":{"interval":"month"}})");
    EXPECT_TRUE(not_well(examine(api, setup)).empty());

    // `stripe-setup` sells it, so it would put it back.
    setup.stored = {{account, "price_3", "max"}};
    api.on("GET /v1/prices/price_2", R"({"id":"price_2","active":true,"lookup_key":"pollux_pro_yearly","metadata":{"pollux":"pro"},)"
                                     R"("product":"prod_2","recurring":{"interval":"year"}})");
    found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found.front().mend.find("Put it into STRIPE_PRICE_ID"), std::string::npos) << found.front().mend;
}

TEST(DoctorPayments, tell_what_the_portal_lacks_from_what_it_cannot_have)
{
    auto api = well();
    auto const price = [&](std::string const& id, std::string const& product, std::string const& interval) {
        api.on("GET /v1/prices/" + id,
               R"({"id":")" + id + R"(","active":true,"product":")" + product + R"(","recurring":{"interval":")" + interval + R"("}})");
    };
    price("price_1", "prod_1", "month");
    price("price_2", "prod_1", "month");
    price("price_3", "prod_1", "year");
    price("price_4", "prod_2", "month");
    api.on("GET /v1/billing_portal/configurations", [](stripe::Call const& call) {
        bool const is_expanded = call.form.text().find("data.features.subscription_update.products") != std::string::npos;
        return stripe::ScriptedApi::json(
            std::string(R"({"data":[{"id":"bpc_1","active":true,"metadata":{"pollux":"https://chat.example.com"},"features":{)"
                        R"("subscription_cancel":{"enabled":true,"mode":"at_period_end"},"payment_method_update":{"enabled":true},)"
                        R"("subscription_update":{"enabled":true)") +
            (is_expanded ? R"(,"products":[{"product":"prod_1","prices":["price_1"]}])" : "") + "}}}]}");
    });
    auto const notes = [&](std::vector<std::string> prices) {
        auto setup = right();
        setup.prices = std::move(prices);
        std::string text;
        for (auto const& one : not_well(examine(api, setup))) text += one.what + " -> " + one.mend + "\n";
        return text;
    };
    EXPECT_EQ(notes({"price_1"}), "");
    EXPECT_EQ(notes({"price_1", "price_3"}),
              "Stripe: the portal configuration bpc_1 does not switch to the price price_3. -> `pollux stripe-setup` makes or mends it.\n");
    EXPECT_EQ(
        notes({"price_1", "price_2"}),
        "Stripe: the portal configuration bpc_1 cannot switch to the price price_2 beside price_1: Stripe's portal takes one price of "
        "a product for each interval. -> Leave it so, or sell by a price of another product.\n");
    EXPECT_NE(notes({"price_1", "price_2", "price_4"}).find("does not switch to the price price_4"), std::string::npos)
        << "what can be mended goes first";
}

TEST(DoctorPayments, name_each_right_that_a_restricted_key_lacks_and_all_that_it_needs)
{
    auto api = well();
    std::vector<std::string> const lists{"customers",        "checkout/sessions", "subscriptions", "invoices",
                                         "invoice_payments", "charges",           "disputes",      "events"};
    for (auto const& list : lists) api.on("GET /v1/" + list, R"({"object":"list","data":[]})");
    auto setup = right();
    EXPECT_TRUE(not_well(examine(api, setup)).empty());
    EXPECT_EQ(api.take_calls().size(), 4u) << "one that is not restricted may do all";
    setup.is_restricted = true;
    EXPECT_TRUE(not_well(examine(api, setup)).empty());
    auto const calls = api.take_calls();
    for (auto const& list : lists)
        EXPECT_NE(std::ranges::find(calls, "GET /v1/" + list + "?limit=1"), calls.end()) << list << ": it is read, and little of it";
    EXPECT_EQ(calls.size(), 4 + lists.size());

    auto const refuse = [](stripe::Call const&) { return stripe::ScriptedApi::error(403, "", "Having the right would allow it."); };
    api.on("GET /v1/charges", refuse);
    auto found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().what, "Stripe: refuses to show charges to this key (Having the right would allow it.).");
    EXPECT_NE(found.front().mend.find("to write customers, checkout sessions, subscriptions, customer portal sessions; to read account, "),
              std::string::npos)
        << found.front().mend;
    for (auto const& list : lists) api.on("GET /v1/" + list, refuse);
    found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(
        found.front().what.find("customers, checkout sessions, subscriptions, invoices, invoice payments, charges, disputes, events to"),
        std::string::npos)
        << found.front().what;

    // Silence is none of them.
    api.on("GET /v1/customers", [](stripe::Call const&) { return stripe::ScriptedApi::silence(); });
    found = not_well(examine(api, setup));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found.front().what.find("does not show customers"), std::string::npos);
    EXPECT_EQ(found.front().mend.find("right"), std::string::npos);
    for (auto const* what : {"GET /v1/prices/price_1", "GET /v1/billing_portal/configurations", "GET /v1/webhook_endpoints"}) {
        auto other = well();
        other.on(what, refuse);
        found = not_well(examine(other));
        ASSERT_EQ(found.size(), 1u) << what;
        EXPECT_NE(found.front().what.find("refuses to show"), std::string::npos) << found.front().what;
        EXPECT_NE(found.front().mend.find("all its rights"), std::string::npos);
    }
}

TEST(DoctorPayments, say_one_line_and_a_way_out_whatever_stripe_answers)
{
    for (auto const* what : {"GET /v1/prices/price_1", "GET /v1/billing_portal/configurations", "GET /v1/webhook_endpoints"}) {
        for (auto const* body : {"[]", "{}", "not json", R"({"data":[7,"x",{}]})", R"({"id":7,"data":{}})"}) {
            auto api = well();
            api.on(what, body);
            auto const found = not_well(examine(api));
            ASSERT_FALSE(found.empty()) << what << body;
            for (auto const& one : found) {
                EXPECT_EQ(one.what.find('\n'), std::string::npos);
                EXPECT_FALSE(one.mend.empty()) << one.what;
            }
        }
        auto api = well();
        api.on(what, [](stripe::Call const&) { return stripe::ScriptedApi::silence(); });
        EXPECT_EQ(not_well(examine(api)).size(), 1u) << what;
    }
}

TEST(DoctorPayments, hold_the_settings_against_each_other)
{
    auto const count = [](PaymentSetup const& setup, stripe::Mode mode) { return examine_payment_settings(setup, mode).size(); };
    auto setup = right();
    EXPECT_EQ(count(setup, stripe::Mode::live), 0u);
    setup.publishable_key = "pk_test_1";
    EXPECT_EQ(count(setup, stripe::Mode::live), 1u);
    EXPECT_EQ(count(setup, stripe::Mode::test), 0u) << "the settings' own notes tell of a test key in production";
    setup.publishable_key = "sk_live_1";
    EXPECT_EQ(count(setup, stripe::Mode::live), 1u);
    setup.publishable_key.clear();
    setup.has_webhook_secret = false;
    EXPECT_EQ(count(setup, stripe::Mode::live), 0u) << "the settings' own check refuses that";
}

TEST(DoctorPayments, say_what_stripe_shows_to_nobody)
{
    auto const said = [](PaymentSetup setup) { return to_text(examine(well(), std::move(setup))); };
    EXPECT_NE(said(right()).find("whether STRIPE_WEBHOOK_SECRET is this endpoint's cannot be asked"), std::string::npos);
    EXPECT_NE(said(right()).find("payment_signature_refused"), std::string::npos);
    auto setup = right();
    setup.has_webhook_secret = false;
    EXPECT_EQ(said(setup).find("STRIPE_WEBHOOK_SECRET"), std::string::npos);
}

TEST(DoctorPayments, stand_in_for_the_settings_own_note_on_what_is_sold)
{
    auto setup = right();
    setup.prices.clear();
    std::vector<Finding> all{{Health::note, "Settings: STRIPE_PRICE_ID is not set: only plans ...", ""},
                             {Health::note, "Settings: another.", ""}};
    auto const sold_by_plans = all;
    for (auto& one : examine(well(), setup)) all.push_back(std::move(one));
    auto const text = to_text(said_once(all));
    EXPECT_EQ(text.find("STRIPE_PRICE_ID is not set"), std::string::npos) << text;
    EXPECT_NE(text.find("no price is set"), std::string::npos);
    EXPECT_NE(text.find("another"), std::string::npos);
    EXPECT_EQ(said_once(sold_by_plans).size(), 2u);
}

} // namespace
} // namespace pollux::cli
