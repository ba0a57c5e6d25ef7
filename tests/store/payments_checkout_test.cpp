// Who wants to buy: one customer, one session that can be paid, one subscription, whatever is cut, repeated or paid meanwhile.
#include "billing/payments/checkout_store.hpp"
#include "store/payments_fixture.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace pollux::test {
namespace {

using billing::PaymentScope;

PaymentScope const scope{"live", "acct_1"};

class PaymentCheckouts : public PaymentStores {
protected:
    // What a purchase is refused with; empty: it is not.
    std::string refusal(UserId user, std::optional<std::string> price = std::nullopt)
    {
        auto const answer = buy(user, std::move(price));
        return answer ? "" : answer.error().code();
    }

    using Answers = std::vector<Result<billing::OpenCheckout>>;

    // One request for each of the prices, all at once, as of several nodes.
    Answers buy_at_once(UserId user, std::vector<std::string> const& prices)
    {
        overtake();
        Answers answers;
        std::vector<asio::awaitable<void>> requests;
        for (auto const& price : prices) requests.push_back(buy_into(user, price, answers));
        temp.loop().run_all(std::move(requests));
        world.meanwhile = nullptr;
        return answers;
    }
    std::int64_t open_sessions() const
    {
        return std::ranges::count_if(world.sessions, [](auto const& entry) { return entry.second.at("status").as_string() == "open"; });
    }

private:
    asio::awaitable<void> buy_into(UserId user, std::string price, Answers& into)
    {
        into.push_back(co_await till->service.buy(user, {"pro", price, std::nullopt}, soon()));
    }

    // Answers of the provider's come 0 to 4 ms late, and so in another order than they were made.
    void overtake()
    {
        world.meanwhile = [this] {
            overtake();
            return late(std::chrono::milliseconds(++answers_ * 7 % 5));
        };
    }
    static asio::awaitable<void> late(std::chrono::milliseconds by)
    {
        asio::steady_timer timer(co_await asio::this_coro::executor, by);
        co_await timer.async_wait(asio::use_awaitable);
    }

    int answers_ = 0;
};

TEST_F(PaymentCheckouts, a_purchase_that_was_cut_goes_on_with_the_same_operation)
{
    auto const user = add_user();
    world.is_away = true;
    EXPECT_EQ(buy(user).error().code(), "payment_provider_slow");
    EXPECT_EQ(buy(user).error().code(), "payment_provider_slow");
    EXPECT_EQ(number("select count(*) from payment_operations"), 1);
    world.is_away = false;
    auto const session = buy(user).value();
    EXPECT_EQ(buy(user).value().session_id, session.session_id);
    EXPECT_EQ(world.customers.size(), 1u);
    EXPECT_EQ(world.sessions.size(), 1u);
    EXPECT_EQ(number("select count(*) from payment_operations"), 0);
}

TEST_F(PaymentCheckouts, a_session_is_begun_only_upon_what_was_seen)
{
    auto const user = add_user();
    buy(user);
    billing::CheckoutStore store(temp.database());
    EXPECT_EQ(temp.run(store.begin(user, scope, "", {"one", "a=1", "price_pro"})), std::nullopt) << "there is one now";
    auto const seen = temp.run(store.of_user(user, scope)).value().session;
    EXPECT_EQ(temp.run(store.begin(user, scope, seen, {"one", "a=1", "price_pro"}))->id, "one");
    EXPECT_EQ(temp.run(store.begin(user, scope, seen, {"two", "a=2", "price_pro"}))->id, "one") << "the one that is under way";
    temp.run(store.put(user, scope, {"two", "", "price_pro"}, "cs_two"));
    EXPECT_EQ(temp.run(store.of_user(user, scope))->session, seen) << "not that one's outcome";
    temp.run(store.put(user, scope, {"one", "", "price_pro"}, "cs_one"));
    EXPECT_EQ(temp.run(store.of_user(user, scope))->session, "cs_one");
}

TEST_F(PaymentCheckouts, another_price_takes_the_place_of_a_session_that_is_open)
{
    auto const user = add_user();
    auto const first = buy(user, "price_pro").value();
    auto const second = buy(user, "price_year").value();
    EXPECT_EQ(world.sessions.at(first.session_id).at("status"), "expired");
    EXPECT_EQ(world.sessions.at(second.session_id).at("status"), "open");
    EXPECT_EQ(status(user).status, "pending");
}

// On SQLite the writer puts them in a row; on PostgreSQL they really meet.
TEST_F(PaymentCheckouts, of_eight_at_once_there_is_one_customer_and_one_session)
{
    for (std::size_t round = 1; round <= 5; ++round) {
        auto const user = add_user();
        auto const answers = buy_at_once(user, std::vector<std::string>(8, "price_pro"));
        ASSERT_EQ(answers.size(), 8u);
        for (auto const& answer : answers) {
            ASSERT_TRUE(answer) << answer.error().code();
            EXPECT_EQ(answer->session_id, answers.front()->session_id);
            EXPECT_EQ(answer->checkout_url, answers.front()->checkout_url);
        }
        EXPECT_EQ(world.customers.size(), round);
        EXPECT_EQ(world.sessions.size(), round);
        EXPECT_EQ(world.payable(customer(user)), 1);
        EXPECT_EQ(number("select count(*) from payment_operations"), 0);
    }
}

// Each may take the other's place, again and again; who finds no end is told to come again.
TEST_F(PaymentCheckouts, of_two_prices_at_once_one_can_be_paid)
{
    for (std::size_t round = 1; round <= 5; ++round) {
        auto const user = add_user();
        auto const answers =
            buy_at_once(user, {"price_pro", "price_year", "price_pro", "price_year", "price_year", "price_pro", "price_year", "price_pro"});
        std::int64_t opened = 0;
        for (auto const& answer : answers) {
            if (answer)
                ++opened;
            else
                EXPECT_EQ(answer.error().code(), "payment_provider_slow");
        }
        EXPECT_GE(opened, 1);
        EXPECT_EQ(world.customers.size(), round);
        EXPECT_LE(world.payable(customer(user)), 1) << "never two";
        auto const last = buy(user, "price_year").value();
        EXPECT_EQ(world.payable(customer(user)), 1);
        EXPECT_EQ(world.sessions.at(last.session_id).at("status"), "open");
        EXPECT_EQ(open_sessions(), static_cast<std::int64_t>(round)) << "of each user one";
        EXPECT_EQ(number("select count(*) from payment_operations"), 0);
    }
}

TEST_F(PaymentCheckouts, who_has_a_subscription_is_sent_to_the_portal)
{
    auto const user = add_user();
    subscriber(user);
    auto const refused = buy(user);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), "already_subscribed");
}

TEST_F(PaymentCheckouts, money_on_its_way_is_waited_for)
{
    auto const user = add_user();
    auto const session = buy(user).value().session_id;
    auto const subscription = world.pay_later(session, now());
    for (bool const is_known : {false, true}) {
        for (auto const* price : {"price_pro", "price_year"}) {
            EXPECT_EQ(refusal(user, price), "payment_pending") << price;
            EXPECT_EQ(buy(user, price).error().kind(), ErrorKind::conflict);
            EXPECT_EQ(world.payable(customer(user)), 1) << price;
        }
        if (!is_known) sync(user);
    }
    // Nor does who comes back from the page open the way to a second one.
    EXPECT_EQ(status(user, session).status, "incomplete");
    EXPECT_EQ(status(user).tier, "basic");
    EXPECT_EQ(refusal(user), "payment_pending");
    EXPECT_EQ(world.sessions.size(), 1u);

    world.set(subscription, "status", "active");
    world.sessions.at(session)["payment_status"] = "paid";
    sync(user);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(refusal(user), "already_subscribed");
    EXPECT_EQ(world.sessions.size(), 1u);
    EXPECT_EQ(world.customers.size(), 1u);
}

TEST_F(PaymentCheckouts, money_that_never_came_is_in_nobodys_way)
{
    auto const user = add_user();
    auto const first = buy(user).value().session_id;
    auto const subscription = world.pay_later(first, now());
    sync(user);
    EXPECT_EQ(refusal(user), "payment_pending");
    world.set(subscription, "status", "incomplete_expired");
    auto const second = buy(user).value().session_id;
    EXPECT_NE(second, first);
    EXPECT_EQ(world.payable(customer(user)), 1);
    EXPECT_EQ(buy(user).value().session_id, second);
}

// Archived: nobody gets it any more. Not public: it is for those who were given it.
TEST_F(PaymentCheckouts, are_refused_for_plans_that_are_archived_or_not_public)
{
    static constexpr std::array<db::Sql, 2> changes{"update plans set is_archived = 1 where name = 'pro'",
                                                    "update plans set is_archived = 0, is_public = 0 where name = 'pro'"};
    auto const subscribed = add_user();
    auto const subscription = subscriber(subscribed);
    auto const sessions = world.sessions.size();
    for (auto const& change : changes) {
        rows(change);
        auto const user = add_user();
        EXPECT_EQ(refusal(user), "plan_not_sold");
        EXPECT_EQ(refusal(user, "price_pro"), "plan_not_sold");
        EXPECT_EQ(world.sessions.size(), sessions);
        EXPECT_EQ(world.customers.size(), 1u) << "nobody became a customer for it";
        world.set_period(subscription, now());
        sync(subscribed);
        EXPECT_EQ(tier(subscribed), "pro") << "who has it keeps it";
    }
    rows("update plans set is_public = 1 where name = 'pro'");
    EXPECT_EQ(refusal(add_user()), "");
}

} // namespace
} // namespace pollux::test
