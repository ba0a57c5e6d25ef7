// Plans and the quota of a day.
#include "billing/billing_service.hpp"
#include "billing/quota.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;

class BillingQuota : public ::testing::Test {
protected:
    BillingQuota() { temp.run(billing.seed_plans({.basic_messages_per_day = 3, .pro_messages_per_day = 9})); }

    UserId add_user(std::string tier)
    {
        static constexpr db::Sql sql = "insert into users (mobile, tier, date_joined) values ($1, $1, 0) returning id";
        return temp.run(temp.database().write(sql, std::move(tier))).front().only().id<UserId>();
    }

    std::optional<std::int64_t> take(UserId user, std::int64_t day, std::int64_t limit)
    {
        return temp.run(temp.database().transact(
            [user, day, limit](db::Transaction& transaction) { return billing::take_unit(transaction, user, day, limit); }));
    }

    TempDatabase temp;
    billing::BillingService billing{temp.database()};
};

asio::awaitable<int> settle_once(db::Transaction& transaction, billing::Settlement settlement)
{
    co_await billing::settle(transaction, settlement);
    co_return 0;
}

TEST_F(BillingQuota, knows_the_plan_of_a_user)
{
    auto const basic = temp.run(billing.plan_of(add_user("basic"))).value();
    EXPECT_EQ(basic.name, "basic");
    EXPECT_EQ(basic.messages_per_day, 3);
    EXPECT_EQ(basic.replies_at_once, 2);
    EXPECT_TRUE(basic.models.allow("demo"));
    EXPECT_EQ(temp.run(billing.plan_of(add_user("pro"))).value().messages_per_day, 9);
    EXPECT_EQ(temp.run(billing.plan_of(UserId{999})).error().code(), "user_not_found");
}

TEST_F(BillingQuota, leaves_a_plan_as_an_operator_made_it)
{
    auto const user = add_user("basic");
    temp.run(temp.database().write("update plans set messages_per_day = 77 where name = 'basic'"));
    temp.run(billing.seed_plans({}));
    EXPECT_EQ(temp.run(billing.plan_of(user)).value().messages_per_day, 77);
}

TEST_F(BillingQuota, takes_units_up_to_the_limit_of_each_day)
{
    auto const user = add_user("basic");
    EXPECT_EQ(take(user, 5, 0), std::nullopt);
    for (std::int64_t count = 1; count <= 3; ++count) EXPECT_EQ(take(user, 5, 3), count);
    EXPECT_EQ(take(user, 5, 3), std::nullopt);
    EXPECT_EQ(take(user, 6, 3), 1);
    EXPECT_EQ(take(user, 5, 4), 4); // The limit was raised.
    EXPECT_EQ(take(add_user("pro"), 5, 3), 1);
}

TEST_F(BillingQuota, reports_every_day_asked_for)
{
    auto const user = add_user("basic");
    auto const today = day_of(temp.clock().now());
    take(user, today - 2, 3);
    take(user, today, 3);
    take(user, today, 3);
    auto const settlement = billing::Settlement{user, today, 1, "demo", 10, 20, 30};
    temp.run(temp.database().transact([settlement](db::Transaction& transaction) { return settle_once(transaction, settlement); }));

    auto const plain = temp.run(billing.usage(user, std::nullopt)).value();
    EXPECT_EQ(plain.used, 1);
    EXPECT_EQ(plain.remaining, 2);
    EXPECT_EQ(plain.limit, 3);
    EXPECT_EQ(to_json(plain), R"({"tier":"basic","limit":3,"used":1,"remaining":2,"resets_at":"2026-03-02T00:00:00.000000Z",)"
                              R"("tokens":{"prompt_tokens":10,"completion_tokens":20,"thought_tokens":30}})")
        << "nothing is sold, so there is no way up";

    auto const days = temp.run(billing.usage(user, 3)).value().days.value.value();
    ASSERT_EQ(days.size(), 3u);
    EXPECT_EQ(days[0].day, "2026-02-27");
    EXPECT_EQ(days[0].used, 1);
    EXPECT_EQ(days[1].used, 0);
    EXPECT_EQ(days[2].used, 1);
    EXPECT_EQ(days[2].tokens.completion_tokens, 20);
}

TEST_F(BillingQuota, shows_and_adds_to_figures_that_an_older_version_kept)
{
    auto const user = add_user("basic");
    auto const today = day_of(temp.clock().now());
    take(user, today, 3);
    temp.run(temp.database().write("update usage_days set prompt_tokens = 9223372036854775807, completion_tokens = -5"));
    if (!tests_run_on_postgres()) temp.run(temp.database().write("update usage_days set prompt_tokens = prompt_tokens + 7")); // A real now.
    auto const shown = temp.run(billing.usage(user, 1)).value();
    EXPECT_EQ(shown.tokens.prompt_tokens, 1'000'000'000'000'000);
    EXPECT_EQ(shown.tokens.completion_tokens, 0);
    auto const settlement = billing::Settlement{user, today, 0, "demo", 10, 20, 30};
    temp.run(temp.database().transact([settlement](db::Transaction& transaction) { return settle_once(transaction, settlement); }));
    auto const after = temp.run(billing.usage(user, 1)).value();
    EXPECT_EQ(after.tokens.prompt_tokens, 1'000'000'000'000'000);
    EXPECT_EQ(after.tokens.completion_tokens, 20);
}

} // namespace
} // namespace pollux::test
