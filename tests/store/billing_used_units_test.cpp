// Units of a day, and what becomes of them when the plan changes in it, or the day does.
#include "store/tiers_fixture.hpp"

namespace pollux::test {
namespace {

TEST_F(TierStores, who_was_given_units_keeps_them_and_who_used_more_has_none)
{
    rows("update plans set messages_per_day = 3 where name = 'basic'");
    auto const user = add_user();
    auto const room = add_room(user);
    std::vector<chat::Sending> sent;
    for (int count = 0; count < 3; ++count) sent.push_back(send(user, room));
    EXPECT_EQ(try_send(user, room).error().code(), "daily_limit_reached");
    grant(user, "pro", now() + 1h);
    for (int count = 0; count < 4; ++count) sent.push_back(send(user, room));
    auto usage = temp.run(billing.usage(user, std::nullopt)).value();
    EXPECT_EQ(usage.tier, "pro");
    EXPECT_EQ(usage.used, 7) << "what was used carries over";
    EXPECT_EQ(usage.remaining, 993);

    revoke(user, "pro");
    usage = temp.run(billing.usage(user, std::nullopt)).value();
    EXPECT_EQ(usage.limit, 3);
    EXPECT_EQ(usage.used, 7);
    EXPECT_EQ(usage.remaining, 0);
    EXPECT_EQ(try_send(user, room).error().code(), "daily_limit_reached");

    // What waits is written as it was accepted.
    int written = 0;
    for (auto claims = claim(); !claims.empty(); claims = claim()) {
        for (auto const& one : claims) {
            EXPECT_EQ(finish(one), chat::Fate::done);
            ++written;
        }
    }
    EXPECT_EQ(written, 7);
    EXPECT_EQ(used(user), 7);
}

TEST_F(TierStores, a_unit_goes_back_to_the_day_it_came_from)
{
    auto const user = add_user();
    auto const room = add_room(user);
    advance(11h + 59min + 59s + 900ms); // 23:59:59.9
    auto const before = send(user, room);
    grant(user, "pro", now() + 50ms);
    advance(200ms);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    auto const after = send(user, room);
    EXPECT_EQ(used(user), 1) << "of the new day";
    temp.run(stops.stop(user, room, before.reply.id, now())).value();
    auto const days = temp.run(billing.usage(user, 2)).value().days.value.value();
    EXPECT_EQ(days[0].used, 0) << "given back there";
    EXPECT_EQ(days[1].used, 1);
    EXPECT_TRUE(after.usage.resets_at > now() + 23h);
}

// Two nodes whose clocks differ share the database's day.
TEST_F(TierStores, a_day_is_the_databases_whatever_a_node_thinks)
{
    rows("update plans set messages_per_day = 2 where name = 'basic'");
    auto const user = add_user();
    auto const room = add_room(user);
    auto skewed = [&](std::chrono::hours skew) {
        auto one = request(user, room);
        one.now = now() + skew;
        auto const sent = temp.run(sends.send(one));
        return sent ? std::string("sent") : sent.error().code();
    };
    EXPECT_EQ(skewed(24h), "sent");
    EXPECT_EQ(skewed(-24h), "sent");
    EXPECT_EQ(skewed(24h), "daily_limit_reached");
    EXPECT_EQ(skewed(-24h), "daily_limit_reached");
    EXPECT_EQ(used(user), 2);
    EXPECT_EQ(number("select count(*) from usage_days"), 1);
}

TEST_F(TierStores, the_refusal_names_the_way_up_where_there_is_one)
{
    rows("update plans set messages_per_day = 0");
    rows("insert into payments_in_force (only_one, mode, account) values (1, 'test', 'acct_1')");
    rows("insert into plan_prices (mode, account, price_id, plan, state) values ('test', 'acct_1', 'price_1', 'pro', 'sold')");
    auto const refused = [this](UserId user) {
        auto const answer = try_send(user, add_room(user));
        EXPECT_EQ(answer.error().code(), "daily_limit_reached");
        return answer.error();
    };
    auto const basic = refused(add_user());
    ASSERT_EQ(basic.members().size(), 1U);
    EXPECT_EQ(basic.members().front().name, "upgrade");
    EXPECT_EQ(basic.members().front().json, R"({"plans":"/plans/","checkout":"/subscription/checkout/"})");
    EXPECT_TRUE(refused(add_user("team")).members().empty());
    rows("update plan_prices set state = 'retired'");
    EXPECT_TRUE(refused(add_user()).members().empty()) << "nothing is sold";
}

} // namespace
} // namespace pollux::test
