// What a plan allows besides messages: requests a minute, as every request asks for it, and rooms.
#include "billing/billing_service.hpp"
#include "store/chat_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;

class PlanLimits : public ChatStores {
protected:
    std::optional<std::int64_t> rate(UserId user) { return temp.run(rates.per_minute(user)); }

    std::string create(UserId user)
    {
        auto const made = temp.run(rooms.create(user, {std::nullopt, std::nullopt, ""}, std::nullopt, now()));
        return made ? "made" : made.error().code();
    }

    asio::awaitable<void> create_one(UserId user)
    {
        auto const made = co_await rooms.create(user, {std::nullopt, std::nullopt, ""}, std::nullopt, now());
        EXPECT_TRUE(made || made.error().code() == "rooms_max_reached");
    }

    Steady::time_point steady{};
    billing::RequestRates rates{temp.database(), 32, [this] { return steady; }};
};

TEST_F(PlanLimits, are_seeded)
{
    auto const basic = temp.run(billing::BillingService(temp.database()).plan_of(add_user("basic"))).value();
    auto const pro = temp.run(billing::BillingService(temp.database()).plan_of(add_user("pro"))).value();
    EXPECT_EQ(basic.requests_per_minute, 120);
    EXPECT_EQ(pro.requests_per_minute, 600);
    EXPECT_EQ(basic.rooms_max, 1'000);
    EXPECT_EQ(pro.rooms_max, 10'000);
}

TEST_F(PlanLimits, hold_within_five_seconds_of_a_change)
{
    auto const user = add_user();
    EXPECT_EQ(rate(user), 120);
    rows("update plans set requests_per_minute = 7 where name = 'basic'");
    EXPECT_EQ(rate(user), 120); // From memory.
    steady += 5s;
    EXPECT_EQ(rate(user), 7);
    rows("update users set tier = 'pro'");
    steady += 5s;
    EXPECT_EQ(rate(user), 600);
    rows("delete from users");
    steady += 5s;
    EXPECT_EQ(rate(user), std::nullopt);
}

TEST_F(PlanLimits, are_kept_of_so_many_users_only)
{
    for (std::int64_t user = 1; user <= 500; ++user) EXPECT_EQ(rate(UserId{user}), std::nullopt);
    EXPECT_LE(rates.size(), 32u);
    EXPECT_EQ(rate(add_user()), 120);
}

TEST_F(PlanLimits, no_more_rooms_than_a_plan_allows)
{
    rows("update plans set rooms_max = 2 where name = 'basic'");
    auto const user = add_user();
    auto const other = add_user("pro");
    EXPECT_EQ(create(user), "made");
    EXPECT_EQ(create(other), "made");
    EXPECT_EQ(create(user), "made");
    EXPECT_EQ(create(user), "rooms_max_reached");
    EXPECT_EQ(create(other), "made");
    rows("update users set tier = 'pro'");
    EXPECT_EQ(create(user), "made");
    EXPECT_EQ(create(UserId{999}), "user_not_found");
}

TEST_F(PlanLimits, hold_for_rooms_that_are_made_at_once)
{
    rows("update plans set rooms_max = 5 where name = 'basic'");
    auto const user = add_user();
    std::vector<asio::awaitable<void>> creations;
    for (int count = 0; count < 20; ++count) creations.push_back(create_one(user));
    temp.loop().run_all(std::move(creations));
    EXPECT_EQ(rows("select count(*) from rooms").front().only().integer(), 5);
}

} // namespace
} // namespace pollux::test
