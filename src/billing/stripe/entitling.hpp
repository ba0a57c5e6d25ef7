// For how long a subscription, as Stripe says it is now, entitles to what was bought. A function without I/O.
#pragma once

#include "billing/stripe/objects.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace pollux::billing::stripe {

// Beyond the end of the paid period: a renewal's invoice takes an hour to be charged, and Stripe or the way to it may be down.
constexpr std::chrono::days renewal_slack{3};

enum class Doubt {
    none,
    no_end,       // A status that entitles, and no period: not believed.
    word_unknown, // A status that this version does not know.
};

struct Entitling {
    std::optional<Time> until;          // None: it entitles to nothing. What lies in the past entitles to nothing either.
    std::optional<Time> grace_end;      // While money is missing: when the plan ends unless it comes.
    Doubt doubt = Doubt::none;          // For operators.
    std::optional<Time> unpaid_since{}; // Of one that is past_due: since when.
};

// Depends on no clock: that time goes by is seen by comparing `until` with the database's. `unpaid_since`: Entitling's of when it was
// looked at last, if it was past_due then: one whose next period begins unpaid has no second grace.
Entitling entitling(Subscription const& subscription, std::chrono::days grace, std::optional<Time> unpaid_since = std::nullopt);

// Whether it tells what the period was paid with; else the invoices before it do: a change in mid-period has one of its own, and what
// credit or a discount pays for takes no money.
bool tells_of_period(Invoice const& invoice);

// Its money was asked for, and never came: void, or given up as uncollectible. Of a change in mid-period, to void it is to forgive it.
bool was_never_paid(Subscription const& subscription, Invoice const& invoice);

// Whether one of its invoices has this id: of those that the period was paid with.
bool is_paid_by(Subscription const& subscription, std::string_view invoice);

// Its money never came, though its status says nothing of it: a bank debit that failed leaves it active, with an invoice that is void. What
// was charged to nobody is given instead: pause_collection is Stripe's way of giving something for nothing.
bool is_lost(Subscription const& subscription);

// When it ends because somebody cancelled it: in either of Stripe's two ways.
std::optional<Time> cancels_at(Subscription const& subscription);

} // namespace pollux::billing::stripe
