// Which plan a price buys, as an operator says: what is sold, who has which plan by it, what is written down, and what is refused.
#include "billing/payments/price_desk.hpp"
#include "billing/stripe/scripted_api.hpp"
#include "store/payments_fixture.hpp"

namespace pollux::test {
namespace {

using billing::PriceDesk;
using billing::PriceState;
using stripe::ScriptedApi;

class PaymentPrices : public PaymentStores {
protected:
    PaymentPrices()
    {
        rows("insert into plans (name, title, rank, messages_per_day, requests_per_minute, models, context_tokens, message_characters_max, "
             "replies_at_once) values ('team', 'Team', 2, 9000, 900, '*', 32000, 32000, 5)");
    }

    Result<PriceDesk::Outcome> try_assign(std::string plan, std::string price, PriceState state = PriceState::sold)
    {
        PriceDesk desk(temp.database(), *provider, till->account, bell);
        return temp.run(desk.assign({std::move(plan), std::move(price), state}, "operator", soon()));
    }
    PriceDesk::Outcome assign(std::string plan, std::string price, PriceState state = PriceState::sold)
    {
        auto const outcome = try_assign(std::move(plan), std::move(price), state).value();
        run_tasks();
        return outcome;
    }
    // As a server that starts with these in its settings.
    void start_with(std::vector<std::string> prices)
    {
        be("key_1");
        temp.run(till->prices.ask_for(std::move(prices)));
        run_tasks();
    }
    // Why nobody can buy; else by which price they do.
    std::string bought_by(std::string plan, std::optional<std::string> price = std::nullopt)
    {
        auto const user = add_user();
        auto const opened = temp.run(till->service.buy(user, {std::move(plan), std::move(price), std::nullopt}, soon()));
        if (!opened) return opened.error().fields().empty() ? opened.error().code() : opened.error().fields().front().code;
        static constexpr db::Sql sql = "select price from checkouts where user_id = $1";
        return rows(sql, user).front().only().text();
    }
    // What it is refused with.
    std::string refusal(std::string plan, std::string price, PriceState state = PriceState::sold)
    {
        auto const outcome = try_assign(std::move(plan), std::move(price), state);
        if (outcome) return "";
        return outcome.error().fields().empty() ? outcome.error().code() : outcome.error().fields().front().code;
    }
    UserId payer_of(std::string price)
    {
        auto const user = add_user();
        EXPECT_TRUE(buy(user));
        world.subscribe(customer(user), now(), price);
        sync(user);
        return user;
    }
    std::string offers(std::string plan)
    {
        auto const sold = temp.run(till->prices.sold());
        std::string list;
        if (!sold.contains(plan)) return list;
        for (auto const& price : sold.at(plan)) list += (list.empty() ? "" : ",") + price.id;
        return list;
    }
    std::int64_t audited() { return number("select count(*) from audit where action = 'plan'"); }

    stripe::Api const* provider = &world;
};

TEST_F(PaymentPrices, a_price_of_another_plan_is_sold_and_entitles_who_pays_by_it)
{
    auto const payer = payer_of("price_team");
    auto const other = payer_of("price_pro");
    EXPECT_EQ(tier(payer), "basic") << "no plan names it";
    auto const outcome = assign("team", "price_team");
    EXPECT_TRUE(outcome.is_changed);
    EXPECT_TRUE(outcome.is_public);
    EXPECT_EQ(outcome.scope.account, "acct_1");
    EXPECT_EQ(outcome.payers, 1);
    EXPECT_EQ(tier(payer), "team") << "at once, without an event";
    EXPECT_EQ(tier(other), "pro");
    EXPECT_EQ(offers("team"), "price_team") << "with what it costs";
    EXPECT_EQ(offers("pro"), "price_pro,price_year");
    auto const buyer = add_user();
    EXPECT_TRUE(temp.run(till->service.buy(buyer, {"team", std::nullopt, std::nullopt}, soon())));
    static constexpr db::Sql sql = "select actor || ' ' || detail from audit where action = 'plan'";
    EXPECT_EQ(rows(sql).front().only().text(), "operator price price_team (live acct_1): none -> team, sold");

    auto const again = assign("team", "price_team");
    EXPECT_FALSE(again.is_changed);
    EXPECT_EQ(again.payers, 0);
    EXPECT_EQ(audited(), 1);
    use_key("key_1");
    EXPECT_EQ(offers("team"), "price_team") << "a start leaves it alone";
}

TEST_F(PaymentPrices, a_retired_one_is_not_sold_and_entitles)
{
    auto const payer = payer_of("price_old");
    EXPECT_TRUE(assign("team", "price_old", PriceState::retired).is_changed);
    EXPECT_EQ(tier(payer), "team");
    EXPECT_EQ(offers("team"), "");
    EXPECT_EQ(temp.run(till->service.buy(add_user(), {"team", std::nullopt, std::nullopt}, soon())).error().code(), "plan_not_sold");
    assign("team", "price_old");
    EXPECT_EQ(offers("team"), "price_old");
    assign("team", "price_old", PriceState::retired);
    EXPECT_EQ(offers("team"), "");
    EXPECT_EQ(tier(payer), "team");
    EXPECT_EQ(audited(), 3);
}

TEST_F(PaymentPrices, from_one_plan_to_another_its_payers_follow_however_many_there_are)
{
    assign("pro", "price_more");
    rows("with recursive n(i) as (select 1 union all select i + 1 from n where i < 1003) "
         "insert into users (mobile, tier, date_joined) select '+1999' || i, 'basic', 0 from n");
    rows("insert into payment_customers (user_id, mode, account, customer_id, created_at) "
         "select id, 'live', 'acct_1', 'cus_many_' || id, 0 from users where mobile like '+1999%'");
    rows("insert into subscriptions (user_id, mode, account, subscription_id, status, price, plan) "
         "select id, 'live', 'acct_1', 'sub_many_' || id, case when mobile in ('+19991', '+19992') then 'canceled' else 'active' end, "
         "'price_more', 'pro' from users where mobile like '+1999%'");
    auto const outcome = try_assign("team", "price_more").value();
    EXPECT_EQ(outcome.payers, 1'001) << "those whose subscriptions live";
    EXPECT_EQ(tasks_of(billing::sync_customer_task), 1'001);
    EXPECT_EQ(offers("pro"), "price_pro,price_year");
    EXPECT_EQ(offers("team"), "price_more");
}

TEST_F(PaymentPrices, what_cannot_be_is_refused_and_changes_nothing)
{
    EXPECT_EQ(refusal("gold", "price_1"), "plan_not_found");
    EXPECT_EQ(refusal("basic", "price_1"), "not_sellable");
    EXPECT_EQ(refusal("team", "price_pro"), "price_of_settings") << "each start would take it back";
    EXPECT_EQ(refusal("pro", "price_pro"), "") << "it is so";
    rows("update plans set is_archived = 1 where name = 'team'");
    EXPECT_EQ(refusal("team", "price_1"), "plan_archived");
    EXPECT_EQ(refusal("team", "price_1", PriceState::retired), "") << "who pays by it keeps it";
    rows("update plans set is_archived = 0, is_public = 0 where name = 'team'");
    EXPECT_FALSE(assign("team", "price_1").is_public);
    EXPECT_EQ(offers("basic"), "");

    ScriptedApi api;
    provider = &api;
    auto const before = number("select count(*) from plan_prices");
    auto const written = audited();
    EXPECT_EQ(refusal("team", "price_none"), "price_not_found");
    EXPECT_EQ(refusal("team", "no/id"), "price_not_found");
    api.on("GET /v1/prices/price_2", R"({"id":"price_2","active":true,"unit_amount":1,"currency":"usd"})");
    EXPECT_EQ(refusal("team", "price_2"), "not_recurring");
    api.on("GET /v1/prices/price_2",
           R"({"id":"price_2","active":false,"unit_amount":1,"currency":"usd","recurring":{"interval":"month"}})");
    EXPECT_EQ(refusal("team", "price_2"), "archived");
    api.on("GET /v1/prices/price_2",
           R"({"id":"price_2","active":true,"product":{"id":"prod_2","active":false},"recurring":{"interval":"month"}})");
    EXPECT_EQ(refusal("team", "price_2"), "archived");
    api.on("GET /v1/prices/price_2", [](stripe::Call const&) { return ScriptedApi::silence(); });
    EXPECT_EQ(refusal("team", "price_2"), "payment_provider_slow");
    api.on("GET /v1/prices/price_2", [](stripe::Call const&) { return ScriptedApi::error(403, "", "Having the 'rak_price_read' ..."); });
    EXPECT_EQ(refusal("team", "price_2"), "payment_refused");
    EXPECT_EQ(number("select count(*) from plan_prices"), before);
    EXPECT_EQ(audited(), written);
}

TEST_F(PaymentPrices, a_start_takes_no_price_from_the_plan_that_an_operator_gave_it_to)
{
    assign("team", "price_team");
    auto const payer = payer_of("price_team");
    ASSERT_EQ(tier(payer), "team");
    for (int starts = 0; starts < 2; ++starts) {
        start_with({"price_pro", "price_team", "price_year"});
        EXPECT_EQ(tier(payer), "team");
        EXPECT_EQ(offers("team"), "price_team");
        EXPECT_EQ(offers("pro"), "price_pro,price_year");
        EXPECT_EQ(bought_by("pro", "price_team"), "not_sold");
    }
    start_with({"price_pro"});
    EXPECT_EQ(offers("team"), "price_team") << "nor when it names it no more";

    assign("team", "price_team", PriceState::retired);
    start_with({"price_pro", "price_team"});
    EXPECT_EQ(offers("pro"), "price_pro");
    EXPECT_EQ(offers("team"), "");
    EXPECT_EQ(tier(payer), "team");

    // An operator's own word moves it.
    assign("pro", "price_team");
    EXPECT_EQ(tier(payer), "pro");
    start_with({"price_team", "price_pro"});
    EXPECT_EQ(offers("pro"), "price_team,price_pro");
    EXPECT_EQ(bought_by("pro"), "price_team");
}

TEST_F(PaymentPrices, what_the_provider_sells_no_more_is_not_sold)
{
    assign("team", "price_team");
    world.archived = {"price_pro", "price_team"};
    EXPECT_EQ(bought_by("pro"), "price_year") << "the first refusal is looked into at once, and the next price is there";
    EXPECT_EQ(offers("pro"), "price_year") << "for everybody";
    EXPECT_EQ(offers("team"), "price_team") << "nobody has looked yet";
    EXPECT_EQ(bought_by("pro", "price_pro"), "not_sold");
    EXPECT_EQ(bought_by("team"), "plan_not_sold") << "as a plan's only price";
    EXPECT_EQ(bought_by("team", "price_team"), "plan_not_sold");
    auto const payer = payer_of("price_team");
    EXPECT_EQ(tier(payer), "team") << "who pays by it goes on";

    world.archived = {"price_year"};
    begin_hour();
    EXPECT_EQ(bought_by("pro"), "price_pro") << "it is sold there again";
    EXPECT_EQ(bought_by("team"), "price_team");
    EXPECT_EQ(bought_by("pro", "price_year"), "not_sold") << "known before anybody asked for it";
    EXPECT_EQ(offers("pro"), "price_pro");

    world.archived = {"price_pro", "price_year"};
    advance(1h);
    begin_hour();
    EXPECT_EQ(bought_by("pro"), "plan_not_sold");
    start_with({"price_pro", "price_year"});
    EXPECT_EQ(bought_by("pro"), "plan_not_sold") << "a start knows no better";
}

TEST_F(PaymentPrices, a_refusal_for_another_reason_takes_no_price_out_of_sale)
{
    class Refusing final : public stripe::Api {
    public:
        explicit Refusing(stripe::Api const& api) : api_(api) {}
        asio::awaitable<stripe::Answer> call(stripe::Call call) const override
        {
            if (call.path == "/v1/checkout/sessions") co_return ScriptedApi::error(403, "", "Having the 'rak_checkout_session_write' ...");
            co_return co_await api_.call(std::move(call));
        }
        stripe::Mode mode() const override { return api_.mode(); }

    private:
        stripe::Api const& api_;
    };
    Refusing const refusing(world);
    billing::Checkout checkout(temp.database(), refusing, till->account, installation, till->portal, {});
    auto const opened = temp.run(checkout.open({add_user(), "pro", std::nullopt, "https://a/", "https://a/"}, soon()));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), "payment_refused");
    EXPECT_EQ(bought_by("pro"), "price_pro");
}

TEST_F(PaymentPrices, only_what_is_sold_is_looked_at)
{
    assign("team", "price_old", PriceState::retired);
    start_with({"price_pro"});
    world.calls.clear();
    begin_hour();
    EXPECT_NE(std::ranges::find(world.calls, "GET /v1/prices/price_pro"), world.calls.end());
    EXPECT_EQ(std::ranges::find(world.calls, "GET /v1/prices/price_old"), world.calls.end()) << "it is retired on purpose";
    EXPECT_EQ(std::ranges::find(world.calls, "GET /v1/prices/price_year"), world.calls.end()) << "and this by the settings";
}

TEST_F(PaymentPrices, one_that_is_gone_at_the_provider_can_be_retired)
{
    assign("team", "price_team");
    ScriptedApi api;
    provider = &api;
    EXPECT_EQ(refusal("team", "price_team"), "price_not_found");
    EXPECT_EQ(refusal("team", "price_team", PriceState::retired), "");
    EXPECT_EQ(refusal("team", "price_never", PriceState::retired), "price_not_found");
    EXPECT_EQ(offers("team"), "");
}

TEST_F(PaymentPrices, in_the_demo_no_settings_are_named)
{
    world.in_mode = stripe::Mode::demo;
    use_key("");
    auto const sold = try_assign("team", "price_pro");
    ASSERT_FALSE(sold);
    EXPECT_EQ(sold.error().message(), "The demo sells price_pro as pro, at each start, and has no others.");
    ScriptedApi none;
    none.mode_ = stripe::Mode::demo;
    provider = &none;
    auto const outcome = try_assign("team", "price_none");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(),
              "There is no price price_none in the demo, which stands in for Stripe as long as STRIPE_SECRET_KEY is not set.");
}

} // namespace
} // namespace pollux::test
