// Repairs what lost events left behind. It walks through what happened at the provider since the last walk, and fetches every customer of
// ours that is named there, by the one way in which anything comes into force (CustomerSync); after more than 30 days, or when an operator
// wants it, through all subscriptions and all rows of ours that live. It also looks at the webhook endpoint: no event tells that the
// provider switched it off.
// It works in pieces, and how far it has got stands in rows: a walk that is killed, or stopped, goes on where it was, in whichever process.
// Safe from any thread; one walks at a time, over all processes.
#pragma once

#include "billing/payments/account.hpp"
#include "billing/payments/customer_sync.hpp"
#include "billing/payments/installation.hpp"
#include "billing/payments/walk_store.hpp"
#include "billing/stripe/paced_api.hpp"
#include "billing/tiers.hpp"
#include "ops/metrics.hpp"
#include "tasks/bell.hpp"
#include "tasks/task_kinds.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pollux::billing {

// Of a whole walk: a tenth of what Stripe lets an account do, so that buyers come first.
constexpr int walk_calls_a_second_max = 10;

class Reconcile {
public:
    // All must outlive this.
    struct Parts {
        db::Database& database;
        stripe::Api const& api;
        PaymentAccount& account;
        Installation& installation;
        Tiers const& tiers;
        tasks::Bell const& bell;
    };
    // `grace` as CustomerSync has it. `webhook_urls`: where the provider may post to.
    Reconcile(Parts parts, std::chrono::days grace, std::vector<std::string> webhook_urls);

    enum class Begin { always, if_asked };
    struct Turn {
        std::string holder;       // A random name; the same for all turns of one who goes on and on.
        Steady::time_point until; // No step begins later.
        std::function<bool()> is_to_end;
        Begin begin = Begin::always; // When no walk is under way.
    };
    enum class Stand {
        done,      // The walk has come to its end, and nobody has asked for another.
        working,   // The time was over.
        elsewhere, // Another process walks.
        away,      // The provider does not answer.
        refused,   // It refuses what the walk asks for: as a rule the key lacks a right.
    };
    struct Progress {
        Stand stand = Stand::away;
        Walk walk;       // As it stands now.
        std::string why; // Of `away` and `refused`, for operators.
    };
    // Begins a walk, or goes on with the one that is under way.
    asio::awaitable<Progress> go_on(Turn turn);

    // Other payments are in force than those of the configured key.
    asio::awaitable<bool> is_of_another_key(Steady::time_point deadline);

    // An operator wants one that reaches to now, behind the one that may be under way. False: nobody knows yet which account counts, and
    // the provider does not answer.
    asio::awaitable<bool> ask(WalkReach reach, Steady::time_point deadline);

private:
    struct Going; // One turn.

    Parts const parts_;
    std::vector<std::string> const webhook_urls_;
    stripe::PacedApi paced_;
    CustomerSync sync_;
    ops::Counter repaired_;
};

// The hourly walk. Among the payments' work: every server does that itself, and has the key; a worker may not.
void add_reconcile_kind(tasks::TaskKinds& kinds, Reconcile& reconcile);

} // namespace pollux::billing
