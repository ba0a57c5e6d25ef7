// Payments over a Stripe in memory, with the database's clock in the test's hands, and tasks that run when the test says so.
#pragma once

#include "app/deletion_tasks.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "billing/payments/payments_service.hpp"
#include "billing/payments/sold_prices.hpp"
#include "billing/payments/webhook.hpp"
#include "billing/stripe/signature.hpp"
#include "billing/tier_tasks.hpp"
#include "bus/memory_notices.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "store/chat_fixture.hpp"
#include "support/stripe_world.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

#include <memory>

namespace pollux::test {

using namespace std::chrono_literals;

inline asio::awaitable<int> begin_erasure_in(db::Transaction& transaction, UserId user)
{
    static constexpr db::Sql gone_sql = "update users set mobile = 'gone:' || id, tier = 'gone' where id = $1"; // As accounts' does.
    co_await transaction.run(gone_sql, user);
    co_await app::begin_erasure(transaction, user);
    co_return 0;
}

inline std::string event_json(std::string const& id, std::string const& customer, std::string const& more = "")
{
    return R"({"id":")" + id + R"(","object":"event","type":"customer.subscription.updated","created":1790000000,"livemode":true)" + more +
           R"(,"data":{"object":{"id":"sub_1","object":"subscription","customer":")" + customer + R"("}}})";
}

class PaymentStores : public ChatStores {
protected:
    // What rests on one key of the provider's.
    struct Till {
        Till(PaymentStores& stores, std::string key_mac)
            : account(stores.temp.database(), stores.world, std::move(key_mac)), prices(stores.temp.database(), stores.world, account),
              sync(stores.temp.database(), stores.world, account, stores.installation, stores.tiers, std::chrono::days(3)),
              portal(stores.world, "https://chat.example.com"),
              checkout(stores.temp.database(), stores.world, account, stores.installation, portal, {.trial_days = 7}),
              service({stores.temp.database(), stores.world, account, stores.installation, checkout, portal, sync, stores.tiers,
                       stores.limiter, stores.temp.clock()},
                      {.return_urls = {"https://chat.example.com", {}, false}, .publishable_key = std::nullopt}),
              webhook(stores.temp.database(), stores.world.mode(), account, {"whsec_1"}, tasks::Seal(std::string(32, 'k')), stores.bell,
                      stores.temp.clock()),
              parts{stores.temp.database(), stores.world, account, sync}
        {
            billing::add_price_kind(kinds, prices);
            billing::add_payment_kinds(kinds, parts);
            billing::add_tier_kinds(kinds, stores.tiers);
            app::add_deletion_kinds(kinds, stores.temp.database());
        }

        billing::PaymentAccount account;
        billing::SoldPrices prices;
        billing::CustomerSync sync;
        billing::Portal portal;
        billing::Checkout checkout;
        billing::PaymentsService service;
        billing::Webhook webhook;
        billing::PaymentParts parts;
        tasks::TaskKinds kinds;
    };

    PaymentStores() { use_key("key_1"); }

    // As a process with this key that was not started to sell: a command, or a node that goes on with the settings of before.
    void be(std::string key_mac) { till = std::make_unique<Till>(*this, std::move(key_mac)); }
    // As a server that starts with it.
    void use_key(std::string key_mac)
    {
        be(std::move(key_mac));
        temp.run(till->prices.ask_for({"price_pro", "price_year"}));
        run_tasks();
    }

    static Steady::time_point soon() { return Steady::now() + 1h; }

    Result<billing::OpenCheckout> buy(UserId user, std::optional<std::string> price = std::nullopt)
    {
        return temp.run(till->service.buy(user, {"pro", std::move(price), std::nullopt}, soon()));
    }
    std::string customer(UserId user)
    {
        static constexpr db::Sql sql = "select customer_id from payment_customers where user_id = $1 order by created_at desc";
        auto const found = rows(sql, user);
        return found.empty() ? "" : found.front().only().text();
    }
    // Bought now, and known here.
    std::string subscriber(UserId user)
    {
        if (!buy(user)) ADD_FAILURE() << "no checkout";
        auto const subscription = world.subscribe(customer(user), now());
        sync(user);
        return subscription;
    }
    // As the provider posts it.
    Result<void> post(std::string body, std::string secret = "whsec_1")
    {
        auto signature = stripe::sign(body, secret, now());
        return temp.run(till->webhook.take(std::move(signature), std::move(body), soon()));
    }
    billing::CustomerSync::Outcome sync(UserId user)
    {
        auto const outcome = temp.run(till->sync.sync(customer(user), soon()));
        run_tasks();
        return outcome;
    }
    billing::SubscriptionStatus status(UserId user, std::optional<std::string> session = std::nullopt)
    {
        return temp.run(till->service.status(user, std::move(session), soon())).value();
    }
    std::string tier(UserId user)
    {
        static constexpr db::Sql sql = "select tier from users where id = $1";
        return rows(sql, user).front().only().text();
    }

    std::string in_force()
    {
        static constexpr db::Sql sql = "select mode || ' ' || account from payments_in_force";
        return rows(sql).front().only().text();
    }

    void erase(UserId user)
    {
        temp.run(temp.database().transact([user](db::Transaction& transaction) { return begin_erasure_in(transaction, user); }));
    }

    // Does what is due, until nothing is; what fails is left for later.
    void run_tasks()
    {
        tasks::TaskStore store(temp.database());
        while (true) {
            auto claimed = temp.run(store.claim("test", till->kinds.names_json([](auto const&) { return true; }), 1));
            if (claimed.empty()) return;
            tasks::TaskRun run(claimed.front(), soon());
            auto const& kind = *till->kinds.find(run.task().kind);
            auto const outcome = temp.run(kind.work(run));
            temp.run(store.finish(run.task(), tasks::judge(outcome.end(), kind.limits, run.task().failures, 0), outcome.reason()));
        }
    }
    // As a server does each hour, once in it.
    void begin_hour()
    {
        tasks::TaskStore store(temp.database());
        for (auto const& kind : till->kinds.all()) {
            if (kind.every == 1h) temp.run(store.begin_period(kind.name, 1h));
        }
        run_tasks();
    }
    std::int64_t tasks_of(std::string kind)
    {
        static constexpr db::Sql sql = "select count(*) from tasks where kind = $1";
        return rows(sql, std::move(kind)).front().only().integer();
    }

    bus::MemoryNotices notices;
    tasks::Bell bell;
    billing::Tiers tiers{temp.database(), billing, notices, bell};
    limits::MemoryRateLimiter limiter;
    billing::Installation installation{temp.database()};
    StripeWorld world;
    std::unique_ptr<Till> till;
};

} // namespace pollux::test
