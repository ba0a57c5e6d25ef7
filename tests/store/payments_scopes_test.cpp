// Whose payments count: of the mode and account that a start put in force. Rows and tasks of others rest until their key comes back, and a
// process with another key neither takes theirs for done nor puts its own in force.
#include "billing/payments/walk_store.hpp"
#include "store/payments_fixture.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::test {
namespace {

using billing::CustomerSync;
using std::chrono::days;

asio::awaitable<int> enqueue_all(db::Transaction& transaction, std::vector<tasks::NewTask> wanted)
{
    for (auto& task : wanted) co_await tasks::enqueue(transaction, std::move(task));
    co_return 0;
}

class PaymentScopes : public PaymentStores {
protected:
    // As a process with that account's key that is not started to sell.
    void be_of(std::string account, stripe::Mode mode = stripe::Mode::live)
    {
        world.account = std::move(account);
        world.in_mode = mode;
        be("key of " + world.account + (mode == stripe::Mode::live ? "" : ", test"));
    }
    void enqueue(std::vector<tasks::NewTask> wanted)
    {
        temp.run(temp.database().transact([wanted](db::Transaction& transaction) { return enqueue_all(transaction, wanted); }));
    }
    // What is sold of pro at the account in force: "price_pro 2000, ...".
    std::string offers()
    {
        auto const sold = temp.run(till->prices.sold());
        std::string list;
        for (auto const& price : sold.at("pro")) list += (list.empty() ? "" : ", ") + price.id + " " + std::to_string(price.amount_minor);
        return list;
    }
};

TEST_F(PaymentScopes, payments_of_another_account_or_mode_rest)
{
    auto const user = add_user();
    subscriber(user);
    world.account = "acct_2";
    use_key("key_2");
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(status(user).status, "none");
    world.account = "acct_1";
    use_key("key_1");
    EXPECT_EQ(tier(user), "pro");
}

TEST_F(PaymentScopes, the_provider_is_asked_once_whose_a_key_is)
{
    auto const asked = [this] { return std::ranges::count(world.calls, "GET /v1/account"); };
    EXPECT_EQ(asked(), 1);
    use_key("key_1");
    EXPECT_EQ(asked(), 1);
    world.is_away = true;
    use_key("key_1");
    EXPECT_EQ(status(add_user()).status, "none") << "it may be away";
}

TEST_F(PaymentScopes, prices_that_the_settings_name_no_more_are_retired_and_go_on_to_entitle)
{
    auto const user = add_user();
    subscriber(user);
    temp.run(till->prices.ask_for({"price_new"}));
    run_tasks();
    auto const sold = temp.run(till->prices.sold()).at("pro");
    ASSERT_EQ(sold.size(), 1u);
    EXPECT_EQ(sold[0].id, "price_new");
    EXPECT_EQ(sold[0].amount_minor, 2000);
    EXPECT_EQ(sold[0].currency, "usd");
    sync(user);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(buy(add_user(), "price_pro").error().fields().front().code, "not_sold");
}

TEST_F(PaymentScopes, what_is_to_end_at_one_account_is_not_looked_for_at_another)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    erase(user);
    world.account = "acct_2";
    use_key("key_2");
    EXPECT_EQ(tasks_of(billing::end_customer_task), 1);
    world.account = "acct_1";
    use_key("key_1");
    advance(days(1));
    run_tasks();
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "canceled");
}

TEST_F(PaymentScopes, tasks_of_another_account_or_mode_wait_for_their_key)
{
    auto const user = add_user();
    auto const subscription = subscriber(user);
    auto const other = add_user();
    buy(other);
    auto const of_scope = billing::text_of({"live", "acct_1"});
    std::vector<tasks::NewTask> const wanted{
        {.kind = billing::sync_customer_task, .user = user, .subject = customer(user), .payload = of_scope},
        {.kind = billing::judge_payment_task, .subject = "pi_1", .payload = of_scope},
        {.kind = billing::end_subscription_task, .subject = subscription, .payload = of_scope},
        {.kind = billing::end_customer_task, .subject = customer(other), .payload = of_scope}};
    enqueue(wanted);
    // What is owed waits, however long that takes; what the walk finds again fails, and is forgotten some day.
    auto const failed = [&](std::int64_t times) {
        static constexpr db::Sql sql = "select count(*) from tasks where kind = $1 and state = 'ready' and failures = $2";
        for (auto const& task : wanted) {
            bool const is_owed = till->kinds.find(task.kind)->duty == tasks::Duty::obligation;
            EXPECT_EQ(rows(sql, task.kind, is_owed ? 0 : times).front().only().integer(), 1) << task.kind;
        }
    };

    world.calls.clear();
    be_of("acct_2");
    run_tasks();
    failed(1);
    advance(days(1));
    be_of("acct_1", stripe::Mode::test);
    run_tasks();
    failed(2);
    EXPECT_EQ(world.calls, (std::vector<std::string>{"GET /v1/account", "GET /v1/account"})) << "nothing of theirs was looked for";
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "active");

    be_of("acct_1");
    advance(days(1));
    run_tasks();
    for (auto const& task : wanted) EXPECT_EQ(tasks_of(task.kind), 0) << task.kind;
    EXPECT_EQ(world.subscriptions.at(subscription).at("status"), "canceled");
}

TEST_F(PaymentScopes, what_comes_into_force_again_is_walked_through)
{
    auto const user = add_user();
    subscriber(user);
    auto const of_scope = billing::text_of({"live", "acct_1"});
    rows("delete from tasks");
    world.account = "acct_2";
    use_key("key_2");
    enqueue({{.kind = billing::sync_customer_task, .user = user, .subject = customer(user), .payload = of_scope},
             {.kind = billing::judge_payment_task, .subject = "pi_1", .payload = of_scope}});
    run_tasks();
    for (auto const* kind : {billing::sync_customer_task, billing::judge_payment_task}) EXPECT_EQ(tasks_of(kind), 0) << kind << " rests";

    rows("delete from tasks");
    use_key("key_2");
    EXPECT_EQ(tasks_of(billing::reconcile_task), 0) << "they were in force already";
    world.account = "acct_1";
    use_key("key_1");
    EXPECT_EQ(tasks_of(billing::reconcile_task), 1);
    EXPECT_EQ(number("select asked from payment_walks where account = 'acct_1'"), 1);
}

TEST_F(PaymentScopes, a_process_with_another_key_puts_nothing_in_force)
{
    auto const user = add_user();
    subscriber(user);
    for (auto const mode : {stripe::Mode::live, stripe::Mode::test}) {
        be_of("acct_2", mode);
        begin_hour();
        EXPECT_EQ(temp.run(till->sync.sync(customer(user), soon())), CustomerSync::Outcome::nobody);
        EXPECT_EQ(buy(user).error().code(), "billing_not_configured") << "what is bought there would not count";
        EXPECT_EQ(status(user).tier, "pro") << "but it has what counts";
        EXPECT_EQ(in_force(), "live acct_1");
        EXPECT_EQ(tier(user), "pro");
        EXPECT_EQ(offers(), "price_pro 2000, price_year 2000");
        advance(1h);
    }
    use_key("key of acct_2, test"); // Started to sell, by the operator.
    EXPECT_EQ(in_force(), "test acct_2");
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(PaymentScopes, what_a_start_asked_for_waits_for_its_key)
{
    temp.run(till->prices.ask_for({"price_new"}));
    be_of("acct_2");
    run_tasks();
    EXPECT_EQ(tasks_of(billing::look_at_prices_task), 1);
    EXPECT_EQ(in_force(), "live acct_1");
    EXPECT_EQ(number("select count(*) from plan_prices where account = 'acct_2' or price_id = 'price_new'"), 0);

    // A later start takes its place.
    world.account = "acct_1";
    be("key_1");
    temp.run(till->prices.ask_for({"price_newer"}));
    EXPECT_EQ(tasks_of(billing::look_at_prices_task), 1);
    advance(days(1));
    run_tasks();
    EXPECT_EQ(tasks_of(billing::look_at_prices_task), 0);
    EXPECT_EQ(offers(), "price_newer 2000");
    EXPECT_EQ(number("select count(*) from plan_prices where price_id = 'price_new'"), 0);
}

TEST_F(PaymentScopes, one_price_id_is_sold_and_retired_in_each_account_by_itself)
{
    auto const user = add_user();
    subscriber(user);
    world.account = "acct_2";
    world.amount_minor = 900;
    use_key("key_2");
    EXPECT_EQ(number("select count(*) from plan_prices where price_id = 'price_pro'"), 2);
    EXPECT_EQ(offers(), "price_pro 900, price_year 900");
    advance(1s);
    subscriber(user); // As another customer.
    EXPECT_EQ(tier(user), "pro");
    temp.run(till->prices.ask_for({"price_year"}));
    run_tasks();
    EXPECT_EQ(offers(), "price_year 900");
    sync(user);
    EXPECT_EQ(tier(user), "pro") << "retired there, it entitles there";

    world.account = "acct_1";
    be("key_1");
    EXPECT_EQ(temp.run(billing::PriceStore(temp.database()).sold("pro", {"live", "acct_1"})).size(), 2u) << "it is still sold here";
    EXPECT_EQ(number("select amount_minor from plan_prices where account = 'acct_1' and price_id = 'price_pro'"), 2000);
    world.amount_minor = 2000;
    use_key("key_1");
    EXPECT_EQ(offers(), "price_pro 2000, price_year 2000");
    EXPECT_EQ(tier(user), "pro");
}

} // namespace
} // namespace pollux::test
