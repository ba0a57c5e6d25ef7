// Who has which plan: the one owner of users.tier and users.tier_until. A tier is decided in the transaction of whatever changes what
// somebody is entitled to, and by time: a task at its end, and an hourly sweep for the task that got lost. Every change has a row in
// `audit` and is told, by a task of the same transaction: a process that dies behind its COMMIT, or a command without a bus, loses no
// notice.
#pragma once

#include "base/error.hpp"
#include "billing/billing_service.hpp"
#include "billing/tier_store.hpp"
#include "bus/notices.hpp"
#include "tasks/bell.hpp"

namespace pollux::billing {

namespace asio = boost::asio;

inline constexpr char const* tier_due_task = "tier_due";     // Of a user: look what the tier is by now.
inline constexpr char const* tell_plan_task = "tell_plan";   // Of a user: tabs and nodes are to look.
inline constexpr char const* tier_sweep_task = "tier_sweep"; // Of nobody: look at everybody's.

// Makes the tier what it should be now, for transactions that changed what it follows from; after COMMIT, Tiers::has_changed(). False: it
// was that already, or the account is gone. `actor` is audit's.
asio::awaitable<bool> settle_tier(db::Transaction& transaction, UserId user, std::string actor);

// All that the user's payments of this mode and account entitle to, in place of what stood there; settles the tier. For the transaction
// that has asked the provider, behind whatever orders such transactions. False: the tier is as before.
asio::awaitable<bool> replace_paid(db::Transaction& transaction, UserId user, PaymentScope scope, std::vector<PaidPlan> paid,
                                   std::string actor);

// From now on payments of this mode and account count, and no others; but a demo's never take the place of live ones. Everybody's tier
// follows within moments. False: they counted already, or do not count now either.
asio::awaitable<bool> put_payments_in_force(db::Transaction& transaction, PaymentScope scope);

// None counts any more, if those of this mode did: for a start outside debug with what was bought in the demo.
asio::awaitable<void> take_payments_out_of_force(db::Transaction& transaction, std::string mode);

class Tiers {
public:
    // All must outlive this.
    Tiers(db::Database& database, BillingService& billing, bus::Notices& notices, tasks::Bell const& bell)
        : database_(database), store_(database), billing_(billing), notices_(notices), bell_(bell)
    {}

    // In place of an earlier grant of the same plan. Errors: user_not_found, plan_not_found, plan_archived, invalid_input (plan, until).
    asio::awaitable<Result<Tier>> grant(Grant grant);
    // Errors: user_not_found, plan_not_found, grant_not_found.
    asio::awaitable<Result<Tier>> revoke(UserId user, std::string plan, std::string actor);

    asio::awaitable<Tier> tier_of(UserId user); // As it should be now; basic when the account is gone.

    // After the COMMIT of what settled a tier.
    void has_changed() const { bell_.ring(tell_plan_task); }

    // What the tasks do; each may run twice, since a tier is what follows from the facts and nothing else.
    asio::awaitable<void> look_at(UserId user);
    void tell(UserId user);
    struct Swept {
        UserId last;              // Where to go on.
        std::int64_t changed = 0; // Tiers that were wrong.
        bool is_over = false;
    };
    asio::awaitable<Swept> sweep(UserId after, std::int64_t count_max);

private:
    asio::awaitable<bool> settle(UserId user);

    db::Database& database_;
    TierStore store_;
    BillingService& billing_;
    bus::Notices& notices_;
    tasks::Bell const& bell_;
};

} // namespace pollux::billing
