// Who has which plan: granted, paid for, by time alone; the rows that say so, the tasks that look, and what is told.
#include "app/deletion_tasks.hpp"
#include "audit/audit.hpp"
#include "billing/tier_tasks.hpp"
#include "billing/tiers.hpp"
#include "bus/memory_notices.hpp"
#include "store/chat_fixture.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

#include <map>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using billing::Grant;
using billing::PaidPlan;
using billing::PaymentScope;
using billing::TierSource;

PaymentScope const live{"live", "acct_1"};
PaymentScope const test_mode{"test", "acct_1"};

asio::awaitable<bool> pay_in(db::Transaction& transaction, UserId user, PaymentScope scope, std::vector<PaidPlan> paid)
{
    return billing::replace_paid(transaction, user, std::move(scope), std::move(paid), "stripe");
}

asio::awaitable<int> put_in_force(db::Transaction& transaction, PaymentScope scope)
{
    co_await billing::put_payments_in_force(transaction, std::move(scope));
    co_return 0;
}

asio::awaitable<int> take_out_of_force(db::Transaction& transaction, std::string mode)
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

using Words = std::vector<std::string>;

TEST_F(TierStores, a_grant_holds_at_once_and_ends_by_time_alone)
{
    auto const user = add_user();
    EXPECT_EQ(rate(user), 120);
    told(user);
    EXPECT_EQ(grant(user, "pro", now() + 1h), "pro");
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(tier_until(user), now() + 1h);
    EXPECT_EQ(run_tasks(), 1) << "it is told";
    EXPECT_EQ(told(user), (Words{"plan", "usage"}));
    EXPECT_EQ(rate(user), 600) << "not from memory any more";

    advance(1h - 1us);
    EXPECT_EQ(run_tasks(), 0);
    EXPECT_EQ(tier(user), "pro");
    advance(1us);
    EXPECT_EQ(run_tasks(), 2) << "looked at, and told";
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(tier_until(user), std::nullopt);
    EXPECT_EQ(told(user), (Words{"plan", "usage"}));
    EXPECT_EQ(rate(user), 120);
    EXPECT_EQ(number("select count(*) from tasks"), 0);
    EXPECT_EQ(audit_of(user), (Words{"operator grant: pro until 2026-03-01T13:00:00.000000Z",
                                     "operator tier: basic -> pro until 2026-03-01T13:00:00.000000Z by admin",
                                     "time tier: pro -> basic without end by none"}));
}

TEST_F(TierStores, a_grant_without_end_asks_for_no_task)
{
    auto const user = add_user();
    EXPECT_EQ(grant(user, "pro"), "pro");
    EXPECT_EQ(tier_until(user), std::nullopt);
    EXPECT_EQ(tasks_of("tier_due"), 0);
    EXPECT_EQ(revoke(user, "pro"), "basic");
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(revoke(user, "pro"), "grant_not_found");
}

TEST_F(TierStores, a_grant_takes_the_place_of_an_earlier_one_of_its_plan)
{
    auto const user = add_user();
    grant(user, "pro", now() + 5h);
    EXPECT_EQ(grant(user, "pro", now() + 1h), "pro");
    EXPECT_EQ(tier_until(user), now() + 1h);
    EXPECT_EQ(grant(user, "pro", now() + 9h), "pro");
    EXPECT_EQ(tier_until(user), now() + 9h);
    run_tasks();
    advance(2h); // The task comes at the earliest time that was ever asked for, and asks for the next.
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(tasks_of("tier_due"), 1);
    advance(7h);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(number("select count(*) from grants"), 1);
    EXPECT_EQ(temp.run(billing::TierStore::forget_ended(temp.database())), 0);
    advance(31 * 24h);
    EXPECT_EQ(temp.run(billing::TierStore::forget_ended(temp.database())), 1);
}

TEST_F(TierStores, the_end_of_one_grant_leaves_the_other)
{
    auto const user = add_user();
    grant(user, "pro", now() + 3h);
    EXPECT_EQ(grant(user, "team", now() + 1h), "team");
    run_tasks();
    advance(1h);
    EXPECT_EQ(run_tasks(), 2);
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(tier_until(user), now() + 2h);
    EXPECT_EQ(tasks_of("tier_due"), 1) << "for the next end";
    advance(2h);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(TierStores, what_cannot_be_granted_is_refused_and_changes_nothing)
{
    auto const user = add_user();
    rows("update plans set is_archived = 1 where name = 'plus'");
    EXPECT_EQ(grant(UserId{999}, "pro"), "user_not_found");
    EXPECT_EQ(grant(user, "gold"), "plan_not_found");
    EXPECT_EQ(grant(user, "plus"), "plan_archived");
    EXPECT_EQ(grant(user, "basic"), "not_grantable");
    EXPECT_EQ(grant(user, "pro", now()), "past") << "it would be over";
    EXPECT_EQ(grant(user, "pro", now() + 1us), "pro");
    EXPECT_EQ(revoke(user, "gold"), "plan_not_found");
    EXPECT_EQ(revoke(user, "team"), "grant_not_found");
    EXPECT_EQ(revoke(UserId{999}, "pro"), "user_not_found");
    EXPECT_EQ(number("select count(*) from grants"), 1);
}

TEST_F(TierStores, who_has_an_archived_plan_keeps_it)
{
    auto const user = add_user();
    grant(user, "plus", now() + 2h);
    rows("update plans set is_archived = 1 where name = 'plus'");
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(tier(user), "plus");
    advance(2h);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
}

TEST_F(TierStores, the_sweep_mends_what_a_lost_task_left)
{
    std::vector<UserId> users;
    for (int count = 0; count < 8; ++count) users.push_back(add_user());
    for (auto user : users) grant(user, "pro", now() + 1h);
    auto const lasting = add_user();
    grant(lasting, "team");
    lose_tasks();
    advance(1h);
    EXPECT_EQ(run_tasks(), 0);
    EXPECT_EQ(sweep(), 8);
    for (auto user : users) EXPECT_EQ(tier(user), "basic");
    EXPECT_EQ(tier(lasting), "team");
    EXPECT_EQ(sweep(), 0) << "nothing is left to mend";
    EXPECT_EQ(tasks_of("tell_plan"), 8);

    rows("update users set tier = 'pro', tier_until = 5 where tier = 'basic'"); // As nobody but the owner may.
    EXPECT_EQ(sweep(), 8);
    rows("update users set tier = 'basic'");
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(tier(lasting), "team");
}

TEST_F(TierStores, the_sweep_is_a_task_that_may_run_twice)
{
    auto const user = add_user();
    grant(user, "pro", now() + 1h);
    lose_tasks();
    advance(1h);
    tasks::TaskStore store(temp.database());
    for (int round = 0; round < 2; ++round) {
        EXPECT_TRUE(temp.run(store.begin_period(billing::tier_sweep_task, 1h)));
        run_tasks();
        EXPECT_EQ(tier(user), "basic");
        advance(1h);
    }
    EXPECT_EQ(audit_of(user).size(), 3U) << "granted, given, taken";
}

TEST_F(TierStores, payments_of_the_mode_in_force_count_and_no_others)
{
    auto const user = add_user();
    PaidPlan const paid{"sub_1", "pro", now() + 24h, "active"};
    EXPECT_FALSE(pay(user, {paid})) << "nothing is sold yet";
    EXPECT_EQ(tier(user), "basic");
    use(test_mode);
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    use(live);
    EXPECT_EQ(tasks_of("tier_sweep"), 1);
    run_tasks();
    EXPECT_EQ(tier(user), "pro");
    EXPECT_EQ(temp.run(tiers.tier_of(user)).source, TierSource::stripe);
    EXPECT_FALSE(pay(user, {{"sub_t", "team", std::nullopt, "active"}}, test_mode));
    EXPECT_EQ(tier(user), "pro");
    use(live);
    EXPECT_EQ(tasks_of("tier_sweep"), 0) << "it was in force";
    use({"live", "acct_2"});
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    use(test_mode);
    run_tasks();
    EXPECT_EQ(tier(user), "team");
    use({"demo", ""});
    run_tasks();
    EXPECT_EQ(tier(user), "basic");
    pay(user, {{"demo_1", "pro", std::nullopt, "active"}}, {"demo", ""});
    EXPECT_EQ(temp.run(tiers.tier_of(user)).source, TierSource::demo);
    take_out("test");
    EXPECT_EQ(tier(user), "pro") << "another mode than that in force";
    take_out("demo");
    EXPECT_EQ(tier(user), "basic") << "none is in force any more";
}

TEST_F(TierStores, a_payment_takes_the_place_of_what_was_paid_before)
{
    auto const user = add_user();
    use(live);
    EXPECT_TRUE(pay(user, {{"sub_1", "pro", now() + 24h, "active"}}));
    EXPECT_FALSE(pay(user, {{"sub_1", "pro", now() + 24h, "active"}})) << "it may be said twice";
    EXPECT_TRUE(pay(user, {{"sub_1", "pro", now() + 24h, "active"}, {"sub_2", "team", now() + 12h, "trialing"}}));
    EXPECT_EQ(tier(user), "team");
    EXPECT_TRUE(pay(user, {{"sub_2", "pro", now() + 48h, "active"}}));
    EXPECT_EQ(tier_until(user), now() + 48h);
    grant(user, "plus");
    EXPECT_EQ(tier(user), "plus") << "of the same rank, and without end";
    EXPECT_EQ(revoke(user, "plus"), "pro");
    EXPECT_TRUE(pay(user, {}));
    EXPECT_EQ(tier(user), "basic");
    EXPECT_FALSE(pay(UserId{999}, {{"sub_9", "pro", std::nullopt, "active"}})) << "nobody is there any more";
    EXPECT_EQ(number("select count(*) from entitlements"), 0);
}

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
}

TEST_F(TierStores, a_deleted_account_gets_nothing_back)
{
    auto const user = add_user();
    use(live);
    grant(user, "pro", now() + 1h);
    pay(user, {{"sub_1", "team", now() + 2h, "active"}});
    rows("update users set mobile = 'gone:1', tier = 'gone', tier_until = null");
    EXPECT_EQ(grant(user, "pro"), "user_not_found");
    EXPECT_FALSE(pay(user, {{"sub_1", "pro", std::nullopt, "active"}}));
    EXPECT_EQ(sweep(), 0);
    advance(3h);
    run_tasks();
    EXPECT_EQ(tier(user), "gone");
}

TEST_F(TierStores, old_rows_of_audit_are_forgotten)
{
    auto const user = add_user();
    grant(user, "pro");
    EXPECT_EQ(temp.run(audit::forget_old(temp.database())), 0);
    advance(audit::kept + 1h);
    EXPECT_EQ(temp.run(audit::forget_old(temp.database())), 2);
}

TEST_F(TierStores, grants_and_ends_at_once_leave_one_truth)
{
    auto const user = add_user();
    std::vector<asio::awaitable<void>> all;
    auto one = [](billing::Tiers* tiers, UserId user, Time until, int number) -> asio::awaitable<void> {
        if (number % 3 == 0) co_await tiers->revoke(user, "pro", "operator");
        if (number % 3 == 1) co_await tiers->grant(Grant{user, "pro", until, "operator", ""});
        if (number % 3 == 2) co_await tiers->look_at(user);
    };
    for (int number = 0; number < 30; ++number) all.push_back(one(&tiers, user, now() + std::chrono::hours(number), number));
    temp.loop().run_all(std::move(all));
    auto const should_be = temp.run(tiers.tier_of(user));
    EXPECT_EQ(tier(user), should_be.plan);
    EXPECT_EQ(tier_until(user), should_be.until);
    EXPECT_EQ(sweep(), 0);
}

} // namespace
} // namespace pollux::test
