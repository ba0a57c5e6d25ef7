#include "billing/tiers.hpp"

#include "audit/audit.hpp"
#include "base/failpoint.hpp"
#include "billing/plan_store.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::billing {
namespace {

constexpr char const* by_time = "time";

// Ids and words of ours: a plan's name is one.
std::string words_for(std::string_view plan, std::optional<Time> until)
{
    return std::string(plan) + (until ? " until " + rfc3339(*until) : std::string(" without end"));
}

Tier tier_from(std::optional<TierFacts> const& facts)
{
    if (!facts) return judge_tier({}, Time());
    return judge_tier(facts->claims, facts->now);
}

Error no_such_plan(std::string const& plan)
{
    return {ErrorKind::not_found, "plan_not_found", "There is no plan " + plan + "; `pollux plans list` shows all."};
}

Error no_such_user()
{
    return {ErrorKind::not_found, "user_not_found", "There is no such account."};
}

Result<void> check_grant(Grant const& grant, std::optional<Plan> const& plan, Time now)
{
    if (grant.plan == basic_plan) return invalid("plan", "not_grantable", "Everybody has basic: there is nothing to grant or to revoke.");
    if (!plan) return no_such_plan(grant.plan);
    if (plan->is_archived) {
        return conflict("plan_archived",
                        "The plan " + grant.plan + " is archived: who has it keeps it, and it is granted to nobody any more.");
    }
    if (grant.until && *grant.until <= now)
        return invalid("until", "past", "The end of the grant, " + rfc3339(*grant.until) + ", is past.");
    return {};
}

asio::awaitable<Result<Tier>> grant_in(db::Transaction& transaction, Grant grant)
{
    bool const is_there = co_await TierStore::lock(transaction, grant.user);
    if (!is_there) co_return no_such_user();
    auto const plan = co_await PlanStore::lock(transaction, grant.plan);
    auto const before = co_await TierStore::facts(transaction, grant.user);
    if (!before) co_return no_such_user();
    auto const checked = check_grant(grant, plan, before->now);
    if (!checked) co_return checked.error();
    co_await TierStore::put_grant(transaction, grant);
    auto words = words_for(grant.plan, grant.until);
    co_await audit::write(transaction, {.actor = grant.granted_by, .action = "grant", .user = grant.user, .detail = std::move(words)});
    co_await settle_tier(transaction, grant.user, grant.granted_by);
    auto const after = co_await TierStore::facts(transaction, grant.user);
    failpoint("grant_before_commit");
    co_return tier_from(after);
}

asio::awaitable<Result<Tier>> revoke_in(db::Transaction& transaction, UserId user, std::string plan, std::string actor)
{
    bool const is_there = co_await TierStore::lock(transaction, user);
    if (!is_there) co_return no_such_user();
    bool const was_granted = co_await TierStore::drop_grant(transaction, user, plan);
    if (!was_granted) {
        auto const known = co_await PlanStore::lock(transaction, plan);
        if (!known) co_return no_such_plan(plan);
        co_return Error(ErrorKind::not_found, "grant_not_found", "The plan " + plan + " was not granted to this account.");
    }
    co_await audit::write(transaction, {.actor = actor, .action = "revoke", .user = user, .detail = plan});
    co_await settle_tier(transaction, user, actor);
    auto const after = co_await TierStore::facts(transaction, user);
    co_return tier_from(after);
}

} // namespace

asio::awaitable<bool> settle_tier(db::Transaction& transaction, UserId user, std::string actor)
{
    bool const is_there = co_await TierStore::lock(transaction, user);
    if (!is_there) co_return false;
    auto const facts = co_await TierStore::facts(transaction, user);
    if (!facts) co_return false;
    auto const tier = tier_from(facts);
    // Also when nothing else changes: the task that looks now was asked for by an earlier end.
    if (tier.until) co_await tasks::enqueue(transaction, {.kind = tier_due_task, .user = user, .delay = *tier.until - facts->now});
    if (tier.plan == facts->plan && tier.until == facts->until) co_return false;

    auto detail = facts->plan + " -> " + words_for(tier.plan, tier.until) + " by " + std::string(to_text(tier.source));
    co_await TierStore::put(transaction, user, tier);
    co_await audit::write(transaction, {.actor = std::move(actor), .action = "tier", .user = user, .detail = std::move(detail)});
    co_await tasks::enqueue(transaction, {.kind = tell_plan_task, .user = user});
    co_return true;
}

asio::awaitable<bool> replace_paid(db::Transaction& transaction, UserId user, PaymentScope scope, std::vector<PaidPlan> paid,
                                   std::string actor)
{
    bool const is_there = co_await TierStore::lock(transaction, user);
    if (!is_there) co_return false;
    co_await TierStore::drop_paid(transaction, user, scope);
    for (auto& one : paid) co_await TierStore::put_paid(transaction, user, scope, std::move(one));
    co_return co_await settle_tier(transaction, user, std::move(actor));
}

asio::awaitable<bool> put_payments_in_force(db::Transaction& transaction, PaymentScope scope)
{
    auto detail = scope.mode + " " + scope.account;
    bool const is_new = co_await TierStore::put_in_force(transaction, std::move(scope));
    if (!is_new) co_return false;
    co_await audit::write(transaction, {.actor = "operator", .action = "payments_in_force", .detail = std::move(detail)});
    co_await tasks::enqueue(transaction, {.kind = tier_sweep_task});
    co_return true;
}

asio::awaitable<void> take_payments_out_of_force(db::Transaction& transaction, std::string mode)
{
    bool const is_new = co_await TierStore::take_out_of_force(transaction, mode);
    if (!is_new) co_return;
    co_await audit::write(transaction, {.actor = "operator", .action = "payments_out_of_force", .detail = std::move(mode)});
    co_await tasks::enqueue(transaction, {.kind = tier_sweep_task});
}

asio::awaitable<Result<Tier>> Tiers::grant(Grant grant)
{
    auto tier = co_await database_.transact([grant](db::Transaction& transaction) { return grant_in(transaction, grant); });
    if (tier) {
        failpoint("grant_after_commit");
        has_changed();
    }
    co_return tier;
}

asio::awaitable<Result<Tier>> Tiers::revoke(UserId user, std::string plan, std::string actor)
{
    auto tier = co_await database_.transact(
        [user, plan, actor](db::Transaction& transaction) { return revoke_in(transaction, user, plan, actor); });
    if (tier) has_changed();
    co_return tier;
}

asio::awaitable<Tier> Tiers::tier_of(UserId user)
{
    auto const facts = co_await store_.facts(user);
    co_return tier_from(facts);
}

asio::awaitable<bool> Tiers::settle(UserId user)
{
    bool const is_new =
        co_await database_.transact([user](db::Transaction& transaction) { return settle_tier(transaction, user, by_time); });
    if (is_new) has_changed();
    co_return is_new;
}

asio::awaitable<void> Tiers::look_at(UserId user)
{
    co_await settle(user);
}

void Tiers::tell(UserId user)
{
    billing_.plan_changed(user); // First: who is told must not be counted by the old limit.
    notices_.publish_all(user, {{"plan", "{}"}, {"usage", "{}"}});
}

asio::awaitable<Tiers::Swept> Tiers::sweep(UserId after, std::int64_t count_max)
{
    auto const users = co_await store_.users_after(after, count_max);
    Swept swept{.last = users.empty() ? after : users.back(), .is_over = static_cast<std::int64_t>(users.size()) < count_max};
    for (auto const user : users) {
        auto const facts = co_await store_.facts(user);
        if (!facts) continue;
        auto const tier = tier_from(facts);
        if (tier.plan == facts->plan && tier.until == facts->until) continue;
        bool const is_new = co_await settle(user);
        swept.changed += is_new ? 1 : 0;
    }
    co_return swept;
}

} // namespace pollux::billing
