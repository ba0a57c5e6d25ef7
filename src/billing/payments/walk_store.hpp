// How far the walk through what happened at the provider has got, and which customers it is still to fetch. Everything stands in rows, so
// that whoever comes next goes on where somebody else was killed. One process walks at a time: it holds the row for a while, every step of
// it renews that, and changes nothing once somebody else holds it.
#pragma once

#include "billing/stripe/objects.hpp"
#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

inline constexpr char const* reconcile_task = "stripe_reconcile"; // Of nobody, each hour, and when asked for.

enum class WalkPhase {
    idle,          // None is under way.
    events,        // Page by page of what happened.
    subscriptions, // Page by page of all that the account has.
    rows,          // Who has something that lives, by what stands here.
    customers,     // Fetching those that were marked.
};

// What an operator wants of a walk.
enum class WalkReach { nothing, events, everything };

// What the webhook endpoint was found to be.
enum class EndpointState { unknown, enabled, disabled, missing };

struct Walk {
    WalkPhase phase = WalkPhase::idle;
    std::string position;
    std::optional<Time> seen_until; // None: there was no walk yet.
    Time reaches_from{};
    Time reaches_until{};
    WalkReach asked = WalkReach::nothing;
    std::int64_t events = 0; // Of this walk, or the last one.
    std::int64_t customers = 0;
    std::int64_t changed = 0;
    std::int64_t calls = 0;
    Time begun_at{};
    Time ended_at{};
    EndpointState endpoint = EndpointState::unknown;
    Time now{}; // The database's clock.
};

// What a step has done, and where it goes on.
struct WalkStep {
    WalkPhase phase = WalkPhase::idle;
    std::string position;
    std::int64_t events = 0;
    std::int64_t customers = 0;
    std::int64_t changed = 0;
    std::int64_t calls = 0;
};

struct MarkedCustomer {
    UserId user;
    std::string customer;
};

class WalkStore {
public:
    // `holder`: a random name of whoever walks.
    WalkStore(db::Database& database, PaymentScope scope, std::string holder)
        : database_(database), scope_(std::move(scope)), holder_(std::move(holder))
    {}

    // nullopt: somebody else walks.
    asio::awaitable<std::optional<Walk>> hold();
    asio::awaitable<void> let_go(); // So that nobody waits for the end of the hold.

    asio::awaitable<Walk> look();
    asio::awaitable<void> ask(WalkReach reach); // For the next walk; whoever walks now begins it afterwards.
    static asio::awaitable<void> ask(db::Transaction& transaction, PaymentScope scope, WalkReach reach);

    asio::awaitable<bool> has_customers();

    // Each of these renews the hold. False: it was lost, and nothing has changed.
    asio::awaitable<bool> begin(WalkPhase phase, Time reaches_from, Time reaches_until, WalkReach answered);
    // Marks those of the customers who are ours, and asks for the tasks of the payments.
    asio::awaitable<bool> gather(WalkStep step, std::vector<std::string> customers, std::vector<std::string> payments);
    // Marks up to 1,000 users with something that lives, behind the one of `position`; nullopt: the hold was lost.
    struct MarkedRows { // Where it goes on.
        WalkPhase phase = WalkPhase::rows;
        std::string position;
    };
    asio::awaitable<std::optional<MarkedRows>> gather_rows(WalkStep step);
    // `done` are not marked any more. Those of `left` get a task each, which is as patient as those of webhooks.
    asio::awaitable<bool> unmark(WalkStep step, std::vector<MarkedCustomer> done, std::vector<MarkedCustomer> left);
    asio::awaitable<bool> finish(WalkStep step, EndpointState endpoint);

    asio::awaitable<std::vector<MarkedCustomer>> marked(std::int64_t count_max);

private:
    db::Database& database_;
    PaymentScope const scope_;
    std::string const holder_;
};

} // namespace pollux::billing
