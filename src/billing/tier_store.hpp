// What users are entitled to, and the one place that writes users.tier and users.tier_until. Everything here is a part of somebody's
// transaction but the reads of the sweep.
#pragma once

#include "base/ids.hpp"
#include "billing/entitlement.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

// As it stands in the user's row, and what it should be made from. By the database's clock.
struct TierFacts {
    std::string plan;
    std::optional<Time> until;
    std::vector<TierClaim> claims;
    Time now;
};

struct Grant {
    UserId user;
    std::string plan;
    std::optional<Time> until;
    std::string granted_by; // "operator", "user:7".
    std::string reason;
};

// Of which payments a row is: those of one mode and account count at a time.
struct PaymentScope {
    std::string mode; // "demo", "test", "live".
    std::string account;
};

// What a payment entitles to.
struct PaidPlan {
    std::string reference; // The provider's id of what was paid for.
    std::string plan;
    std::optional<Time> until; // Without one: no end is known.
    std::string status;        // The provider's word.
};

class TierStore {
public:
    explicit TierStore(db::Database& database) : database_(database) {}

    // The user's lock, as the unit's first statement. False: the account is gone.
    static asio::awaitable<bool> lock(db::Transaction& transaction, UserId user);

    // nullopt: the account is gone.
    static asio::awaitable<std::optional<TierFacts>> facts(db::Transaction& transaction, UserId user);
    asio::awaitable<std::optional<TierFacts>> facts(UserId user);

    static asio::awaitable<void> put(db::Transaction& transaction, UserId user, Tier tier);

    // In place of an earlier grant of the same plan.
    static asio::awaitable<void> put_grant(db::Transaction& transaction, Grant grant);
    static asio::awaitable<bool> drop_grant(db::Transaction& transaction, UserId user, std::string plan); // False: there is none.

    static asio::awaitable<void> drop_paid(db::Transaction& transaction, UserId user, PaymentScope scope);
    static asio::awaitable<void> put_paid(db::Transaction& transaction, UserId user, PaymentScope scope, PaidPlan paid);

    // False: they were in force already, or are a demo's, which never take the place of live ones.
    static asio::awaitable<bool> put_in_force(db::Transaction& transaction, PaymentScope scope);
    static asio::awaitable<bool> take_out_of_force(db::Transaction& transaction, std::string mode); // False: another one is in force.

    // Users with an id above `after` who have another plan than basic, or something that may entitle to one; by id.
    asio::awaitable<std::vector<UserId>> users_after(UserId after, std::int64_t count_max);

    // Grants that ended over 30 days ago; at most 1,000. How many they were. It may run twice.
    static asio::awaitable<std::int64_t> forget_ended(db::Database& database);

    // All of it that is the user's.
    static asio::awaitable<void> erase(db::Transaction& transaction, UserId user);

private:
    db::Database& database_;
};

} // namespace pollux::billing
