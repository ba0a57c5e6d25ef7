// Who has which plan, over a database with the clock in the test's hands, and tasks that run when the test says so.
#pragma once

#include "app/deletion_tasks.hpp"
#include "billing/tier_tasks.hpp"
#include "billing/tiers.hpp"
#include "bus/memory_notices.hpp"
#include "store/chat_fixture.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

#include <map>

namespace pollux::test {

using namespace std::chrono_literals;
using billing::Grant;
using billing::PaidPlan;
using billing::PaymentScope;
using billing::TierSource;
using Words = std::vector<std::string>;

inline PaymentScope const live{"live", "acct_1"};
inline PaymentScope const test_mode{"test", "acct_1"};

inline asio::awaitable<bool> pay_in(db::Transaction& transaction, UserId user, PaymentScope scope, std::vector<PaidPlan> paid)
{
    return billing::replace_paid(transaction, user, std::move(scope), std::move(paid), "stripe");
}

inline asio::awaitable<int> put_in_force(db::Transaction& transaction, PaymentScope scope)
{
    co_await billing::put_payments_in_force(transaction, std::move(scope));
    co_return 0;
}

inline asio::awaitable<int> take_out_of_force(db::Transaction& transaction, std::string mode)
{
    co_await billing::take_payments_out_of_force(transaction, std::move(mode));
    co_return 0;
}

class TierStores : public ChatStores {
protected:
    TierStores()
    {
        billing::add_tier_kinds(kinds, tiers);
        app::add_deletion_kinds(kinds, temp.database());
        rows("insert into plans (name, title, rank, messages_per_day, requests_per_minute, models, context_tokens, message_characters_max, "
             "replies_at_once) values ('team', 'Team', 2, 9000, 900, '*', 32000, 32000, 5), ('plus', 'Plus', 1, 900, 600, '*', 32000, "
             "32000, 2)");
    }

    std::string grant(UserId user, std::string plan, std::optional<Time> until = std::nullopt)
    {
        auto const tier = temp.run(tiers.grant(Grant{user, std::move(plan), until, "operator", "for a test"}));
        return tier ? tier->plan : tier.error().fields().empty() ? tier.error().code() : tier.error().fields().front().code;
    }
    std::string revoke(UserId user, std::string plan)
    {
        auto const tier = temp.run(tiers.revoke(user, std::move(plan), "operator"));
        return tier ? tier->plan : tier.error().code();
    }
    bool pay(UserId user, std::vector<PaidPlan> paid, PaymentScope scope = live)
    {
        return temp.run(
            temp.database().transact([user, scope, paid](db::Transaction& transaction) { return pay_in(transaction, user, scope, paid); }));
    }
    void use(PaymentScope scope)
    {
        temp.run(temp.database().transact([scope](db::Transaction& transaction) { return put_in_force(transaction, scope); }));
    }

    void take_out(std::string mode)
    {
        temp.run(temp.database().transact([mode](db::Transaction& transaction) { return take_out_of_force(transaction, mode); }));
        run_tasks();
    }

    std::string tier(UserId user)
    {
        static constexpr db::Sql sql = "select tier from users where id = $1";
        return rows(sql, user).front().only().text();
    }
    std::optional<Time> tier_until(UserId user)
    {
        static constexpr db::Sql sql = "select tier_until from users where id = $1";
        return rows(sql, user).front().only().optional_time();
    }
    std::int64_t tasks_of(std::string kind)
    {
        static constexpr db::Sql sql = "select count(*) from tasks where kind = $1";
        return rows(sql, std::move(kind)).front().only().integer();
    }
    void lose_tasks() { rows("delete from tasks"); }

    // Does what is due as the runner would, until nothing is.
    int run_tasks()
    {
        tasks::TaskStore store(temp.database());
        for (int done = 0;;) {
            auto claimed = temp.run(store.claim("test", kinds.names_json([](auto const&) { return true; }), 1));
            if (claimed.empty()) return done;
            tasks::TaskRun run(claimed.front(), Steady::now() + 1h);
            auto const outcome = temp.run(kinds.find(run.task().kind)->work(run));
            EXPECT_EQ(outcome.end(), tasks::TaskEnd::done) << run.task().kind;
            EXPECT_TRUE(temp.run(store.finish(run.task(), tasks::judge(outcome.end(), {}, run.task().failures, 0), outcome.reason())));
            ++done;
        }
    }
    std::int64_t sweep()
    {
        billing::Tiers::Swept swept{};
        std::int64_t changed = 0;
        while (!swept.is_over) {
            swept = temp.run(tiers.sweep(swept.last, 3)); // Few at a time, so that there are several pages.
            changed += swept.changed;
        }
        return changed;
    }

    std::vector<std::string> audit_of(UserId user)
    {
        static constexpr db::Sql sql =
            "select actor || ' ' || action || ': ' || detail from audit where user_id = $1 order by at, action, detail";
        auto const found = rows(sql, user);
        std::vector<std::string> list;
        for (std::size_t index = 0; index < found.size(); ++index) list.push_back(found[index].only().text());
        return list;
    }
    std::vector<std::string> told(UserId user)
    {
        auto const batch = temp.run(notices.read(user, heard[user.value], Steady::now()));
        heard[user.value] = batch.last_id;
        std::vector<std::string> names;
        for (auto const& notice : batch.notices) names.push_back(notice.name);
        return names;
    }
    std::int64_t rate(UserId user) { return temp.run(billing.requests_per_minute(user)).value_or(0); }

    bus::MemoryNotices notices;
    tasks::Bell bell;
    billing::Tiers tiers{temp.database(), billing, notices, bell};
    tasks::TaskKinds kinds;
    std::map<std::int64_t, std::string> heard;
};

} // namespace pollux::test
