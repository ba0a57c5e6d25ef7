// What a customer's subscriptions, as fetched, mean here: rows for the user to see, and what is paid for. A function without I/O.
#pragma once

#include "billing/stripe/objects.hpp"
#include "billing/tier_store.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing {

// What an operator must look at.
enum class PaymentAlert {
    unknown_price,     // Paid for, and no plan names the price.
    unknown_status,    // A word that this version does not know.
    no_period,         // Active, without an end of what is paid.
    two_subscriptions, // Of one customer, both live: somebody pays twice.
    foreign_owner,     // Written on it is another installation, or another user: it counts for nobody.
};
std::string_view word_of(PaymentAlert alert);

struct SubscriptionRow {
    std::string id;
    std::string status;
    std::string price;
    std::string plan; // Empty: no plan names the price.
    std::optional<Time> period_end;
    std::optional<Time> cancels_at;
    std::optional<Time> grace_until;
    std::optional<Time> unpaid_since; // Of one that is past_due.
    std::string alert;                // A PaymentAlert's word, or nothing.
    std::optional<Time> created;
};

struct FetchedState {
    std::vector<SubscriptionRow> rows;
    std::vector<PaidPlan> paid;
    struct Alert {
        PaymentAlert what;
        std::string subscription;
        std::string price; // By which it is paid.
    };
    std::vector<Alert> alerts;
};

struct StateBasis {
    std::string installation;
    UserId user;
    std::map<std::string, std::string> plan_of_price;
    std::chrono::days grace{3};
    std::map<std::string, std::int64_t> rank_of_plan{};
    std::map<std::string, Time> unpaid_since{}; // By subscription, as it was fetched last.
};

// Whether another installation, or another user, is written on it. What an operator makes in the provider's own pages has nothing written
// on it, and counts.
bool is_foreign(stripe::Owner const& owner, StateBasis const& basis);

FetchedState judge_subscriptions(std::span<stripe::Subscription const> subscriptions, StateBasis const& basis);

} // namespace pollux::billing
