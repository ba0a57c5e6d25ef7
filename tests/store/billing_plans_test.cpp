// Plans: what everybody sees of them, and how an operator changes them.
#include "billing/plan_desk.hpp"
#include "store/chat_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using billing::PlanFields;

class TwoPrices final : public billing::PlanPrices {
public:
    asio::awaitable<std::map<std::string, std::vector<billing::PlanPrice>>> sold() override
    {
        std::map<std::string, std::vector<billing::PlanPrice>> prices;
        prices["pro"] = {{"price_1", 999, "usd", 2, "month", 1}, {"price_2", 9900, "usd", 2, "year", 1}};
        prices["elsewhere"] = {{"price_3", 1, "jpy", 0, "month", 1}};
        co_return prices;
    }
};

class Plans : public ChatStores {
protected:
    std::string set(std::string plan, PlanFields fields)
    {
        auto const changes = temp.run(desk.set(std::move(plan), std::move(fields), "operator"));
        if (!changes) return changes.error().code();
        std::string all;
        for (auto const& change : *changes) all.append(all.empty() ? "" : "; ").append(change);
        return all;
    }
    std::string add(std::string plan, PlanFields fields)
    {
        auto const added = temp.run(desk.add(std::move(plan), std::move(fields), "operator"));
        return added ? "added" : added.error().code();
    }
    std::string names()
    {
        std::string all;
        for (auto const& plan : temp.run(billing.plans()).results) all.append(all.empty() ? "" : " ").append(plan.name);
        return all;
    }
    std::string newest_audit()
    {
        auto const found = rows("select actor || ' ' || action || ' ' || user_id || ' ' || detail from audit order by at desc limit 1");
        return found.empty() ? "" : found.front().only().text();
    }

    tasks::Bell bell;
    billing::PlanDesk desk{temp.database(), billing, bell, {"demo", "gemini:a"}};
};

TEST_F(Plans, are_seeded_with_title_rank_and_lines)
{
    auto const list = temp.run(billing.plans());
    ASSERT_EQ(list.results.size(), 2U);
    EXPECT_EQ(to_json(list.results[0]),
              R"({"name":"basic","title":"Basic","rank":0,"description":["For trying things out."],"limits":{"messages_per_day":50,)"
              R"("requests_per_minute":120,"models":null,"context_tokens":32000,"message_characters_max":32000,"replies_at_once":2,)"
              R"("rooms_max":1000},"prices":[]})");
    EXPECT_EQ(list.results[1].name, "pro");
    EXPECT_EQ(list.results[1].rank, 1);
    EXPECT_EQ(list.results[1].limits.requests_per_minute, 600);
}

TEST_F(Plans, show_what_they_cost_where_something_is_sold)
{
    TwoPrices prices;
    billing::BillingService selling(temp.database(), &prices);
    auto const list = temp.run(selling.plans());
    ASSERT_EQ(list.results.size(), 2U);
    EXPECT_TRUE(list.results[0].prices.empty());
    ASSERT_EQ(list.results[1].prices.size(), 2U);
    EXPECT_EQ(to_json(list.results[1].prices[0]),
              R"({"id":"price_1","amount_minor":999,"currency":"usd","exponent":2,"interval":"month","interval_count":1})");
}

TEST_F(Plans, that_an_older_binary_seeded_get_their_title_and_rank)
{
    rows("delete from plans");
    rows("insert into plans (name, messages_per_day, requests_per_minute, models, context_tokens, message_characters_max, replies_at_once, "
         "rooms_max) values ('basic', 7, 120, '*', 1, 1, 2, 1), ('pro', 70, 600, '*', 1, 1, 2, 1)");
    temp.run(billing.seed_plans({}));
    auto const list = temp.run(billing.plans());
    ASSERT_EQ(list.results.size(), 2U);
    EXPECT_EQ(list.results[0].title, "Basic");
    EXPECT_EQ(list.results[0].rank, 0);
    EXPECT_EQ(list.results[0].limits.messages_per_day, 7) << "what an operator has chosen stays";
    rows("update plans set title = 'Starter' where name = 'basic'");
    temp.run(billing.seed_plans({}));
    EXPECT_EQ(temp.run(billing.plans()).results[0].title, "Starter");
}

TEST_F(Plans, a_change_says_what_it_was_and_is_written_down)
{
    EXPECT_EQ(set("basic", {{"messages_per_day", "20"}, {"title", "Free"}}), "title Basic -> Free; messages_per_day 50 -> 20");
    EXPECT_EQ(newest_audit(), "operator plan 0 basic: title Basic -> Free; messages_per_day 50 -> 20");
    EXPECT_EQ(temp.run(billing.plan_of(add_user())).value().messages_per_day, 20);
    EXPECT_EQ(set("basic", {{"messages_per_day", "20"}}), "") << "nothing to change";
    EXPECT_EQ(number("select count(*) from audit"), 1);
    EXPECT_EQ(set("pro", {{"models", "demo,gemini:a"}}), "models * -> demo,gemini:a");
    EXPECT_FALSE(temp.run(billing.plan_of(add_user("pro"))).value().models.allow("other"));
}

TEST_F(Plans, what_is_wrong_changes_nothing)
{
    EXPECT_EQ(set("gold", {{"rank", "2"}}), "plan_not_found");
    EXPECT_EQ(set("pro", {{"rank", "5"}, {"rooms_max", "none"}}), "wrong_plan_field");
    EXPECT_EQ(set("pro", {{"colour", "red"}}), "unknown_plan_field");
    EXPECT_EQ(set("pro", {{"models", "demo,typo"}}), "unknown_model");
    EXPECT_EQ(set("basic", {{"is_archived", "yes"}}), "wrong_plan_field");
    EXPECT_EQ(number("select count(*) from audit"), 0);
    EXPECT_EQ(number("select sum(rank) from plans"), 1);
}

TEST_F(Plans, an_archived_one_is_not_shown_and_allows_what_it_did)
{
    auto const user = add_user("pro");
    EXPECT_EQ(set("pro", {{"is_archived", "yes"}}), "is_archived no -> yes");
    EXPECT_EQ(names(), "basic");
    EXPECT_EQ(temp.run(billing.plan_of(user)).value().name, "pro");
    EXPECT_TRUE(try_send(user, add_room(user)));
    EXPECT_EQ(set("pro", {{"is_archived", "no"}, {"is_public", "no"}}), "is_public yes -> no; is_archived yes -> no");
    EXPECT_EQ(names(), "basic");
    EXPECT_EQ(set("pro", {{"is_public", "yes"}}), "is_public no -> yes");
    EXPECT_EQ(names(), "basic pro");
}

TEST_F(Plans, a_new_one_is_like_basic_and_shown_to_nobody)
{
    EXPECT_EQ(add("team", {{"rank", "2"}, {"messages_per_day", "5000"}}), "added");
    EXPECT_EQ(names(), "basic pro");
    auto const team = temp.run(desk.all()).back();
    EXPECT_EQ(team.name, "team");
    EXPECT_EQ(team.rank, 2);
    EXPECT_EQ(team.messages_per_day, 5'000);
    EXPECT_EQ(team.requests_per_minute, 120);
    EXPECT_EQ(set("team", {{"is_public", "yes"}}), "is_public no -> yes");
    EXPECT_EQ(names(), "basic pro team") << "by rank";
    EXPECT_EQ(add("team", {}), "plan_exists");
    EXPECT_EQ(add("Team", {}), "wrong_plan_name");
    EXPECT_EQ(add("gold", {{"rank", "0"}}), "wrong_plan_field");
}

TEST_F(Plans, of_two_changes_at_once_none_is_lost)
{
    std::vector<asio::awaitable<void>> changes;
    auto change = [](billing::PlanDesk* desk, std::string field) -> asio::awaitable<void> {
        auto const done = co_await desk->set("pro", {{field, "77"}}, "operator");
        EXPECT_TRUE(done);
    };
    for (auto const* field : {"messages_per_day", "requests_per_minute", "replies_at_once", "rooms_max", "rank"}) {
        changes.push_back(change(&desk, field));
    }
    temp.loop().run_all(std::move(changes));
    EXPECT_EQ(number("select messages_per_day + requests_per_minute + replies_at_once + rooms_max + rank from plans where name = 'pro'"),
              5 * 77);
}

TEST_F(Plans, a_change_of_rank_has_everybody_looked_at)
{
    EXPECT_EQ(set("pro", {{"rank", "3"}}), "rank 1 -> 3");
    EXPECT_EQ(number("select count(*) from tasks where kind = 'tier_sweep'"), 1);
    EXPECT_EQ(set("pro", {{"rooms_max", "3"}}), "rooms_max 10000 -> 3");
    EXPECT_EQ(number("select count(*) from tasks where kind = 'tier_sweep'"), 1);
}

TEST_F(Plans, the_way_up_is_told_where_there_is_one)
{
    auto const usage = [this](UserId user) { return temp.run(billing.usage(user, std::nullopt)).value(); };
    auto const basic = add_user();
    auto const pro = add_user("pro");
    EXPECT_FALSE(usage(basic).upgrade.value) << "nothing is sold";
    rows("insert into payments_in_force (only_one, mode, account) values (1, 'test', 'acct_1')");
    rows("insert into plan_prices (mode, account, price_id, plan, state) values ('test', 'acct_1', 'price_pro', 'pro', 'sold'), "
         "('test', 'acct_1', 'price_team', 'team', 'sold')");
    ASSERT_TRUE(usage(basic).upgrade.value);
    EXPECT_EQ(to_json(*usage(basic).upgrade.value), R"({"plans":"/plans/","checkout":"/subscription/checkout/"})");
    EXPECT_FALSE(usage(pro).upgrade.value) << "nothing is above it";
    add("team", {{"rank", "2"}});
    EXPECT_FALSE(usage(pro).upgrade.value) << "nobody can see it";
    set("team", {{"is_public", "yes"}});
    EXPECT_TRUE(usage(pro).upgrade.value);
    rows("update payments_in_force set account = 'acct_2'");
    EXPECT_FALSE(usage(basic).upgrade.value) << "nothing is sold for these payments";
    rows("update payments_in_force set account = 'acct_1'");
    rows("update plan_prices set state = 'retired' where plan = 'team'");
    EXPECT_FALSE(usage(pro).upgrade.value) << "no price buys it any more";
    rows("update plan_prices set state = 'sold'");
    set("team", {{"is_archived", "yes"}});
    set("pro", {{"is_archived", "yes"}});
    EXPECT_FALSE(usage(basic).upgrade.value) << "nobody can have it";
}

} // namespace
} // namespace pollux::test
