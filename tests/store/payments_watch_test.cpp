// What an operator's figures say of payments.
#include "billing/payments/payment_watch.hpp"
#include "store/payments_fixture.hpp"

namespace pollux::test {
namespace {

asio::awaitable<int> look_with(billing::PaymentWatch* watch)
{
    co_await watch->look();
    co_return 0;
}

class PaymentWatching : public PaymentStores {
protected:
    // As a process with the key of now sees it.
    double seen(std::string const& figure)
    {
        billing::PaymentWatch watch(temp.database(), till->account);
        temp.run(look_with(&watch));
        auto const text = "\n" + ops::metrics_text();
        auto const at = text.find("\n" + figure + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + figure.size() + 2));
    }
};

TEST_F(PaymentWatching, silence_counts_while_somebody_pays)
{
    EXPECT_EQ(seen("pollux_payment_payers"), 0);
    EXPECT_EQ(seen("pollux_payment_events_silent_seconds"), 0);
    auto const user = add_user();
    auto const subscription = subscriber(user);
    subscriber(add_user());
    EXPECT_EQ(seen("pollux_payment_payers"), 2);
    EXPECT_GT(seen("pollux_payment_events_silent_seconds"), 86'400.0 * 29) << "there was never an event";
    world.set(subscription, "status", "canceled");
    sync(user);
    EXPECT_EQ(seen("pollux_payment_payers"), 1);
}

// For as long as it is so, and not only when it was found.
TEST_F(PaymentWatching, what_needs_somebody_to_look_at_it_is_shown_until_it_is_seen_to)
{
    auto const figure = [this](std::string const& what) { return seen("pollux_payments_to_look_at{what=\"" + what + "\"}"); };
    auto const user = add_user();
    subscriber(user);
    EXPECT_EQ(figure("two_subscriptions"), 0);
    auto const second = world.subscribe(customer(user), now());
    auto const other = add_user();
    buy(other);
    auto const odd = world.subscribe(customer(other), now(), "price_of_nothing");
    sync(user);
    sync(other);
    for (int day = 0; day < 3; ++day) {
        advance(24h);
        EXPECT_EQ(figure("two_subscriptions"), 1);
        EXPECT_EQ(figure("unknown_price"), 1);
        EXPECT_EQ(figure("no_period"), 0);
    }
    world.set(second, "status", "canceled");
    world.set(odd, "status", "canceled");
    sync(user);
    sync(other);
    EXPECT_EQ(figure("two_subscriptions"), 0);
    EXPECT_EQ(figure("unknown_price"), 0);
}

// Neither by a process that starts in debug without a key, nor does it say nothing.
TEST_F(PaymentWatching, a_demo_takes_no_live_payments_out_of_force)
{
    world.in_mode = stripe::Mode::live;
    use_key("live_key");
    auto const user = add_user();
    subscriber(user);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(seen("pollux_payments_not_in_force"), 0);

    world.in_mode = stripe::Mode::demo;
    use_key("");
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(seen("pollux_payments_not_in_force"), 1);

    world.in_mode = stripe::Mode::test;
    use_key("test_key");
    EXPECT_EQ(tier(user), "basic") << "a key of Stripe's is a decision";
    world.in_mode = stripe::Mode::demo;
    use_key("");
    EXPECT_EQ(seen("pollux_payments_not_in_force"), 0);
}

} // namespace
} // namespace pollux::test
