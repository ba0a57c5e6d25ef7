// How often something may be tried: budgets in the database, so that they hold over all nodes and restarts. Each is one time a key (GCRA):
// `count_max` at once, then one each window / count_max. A try is taken before it is judged, by one conditional update, so that a thousand
// at once are no more than the budget; what turned out right is given back.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pollux::accounts {

namespace asio = boost::asio;

struct Budget {
    std::string_view name; // Unlike all others: it stands in the keys.
    std::int64_t count_max = 1;
    std::chrono::seconds window{3600};

    std::chrono::microseconds step() const { return std::chrono::microseconds(window) / count_max; }
};

// Wrong passwords at one account, by clients that show no session of it. It bars nobody from logging in by code.
constexpr Budget passwords_per_account_hour{"passwords_hour", 10, std::chrono::hours(1)};
constexpr Budget passwords_per_account_day{"passwords_day", 40, std::chrono::hours(24)};
// Kept for devices that do, whatever strangers have spent.
constexpr Budget passwords_of_devices_hour{"device_passwords_hour", 10, std::chrono::hours(1)};

// Wrong passwords at any accounts, by strangers: of an address (IPv6: a /64), and of its network (a /56, which is one customer, or the
// /24 of IPv4, which is many).
constexpr Budget passwords_per_address_hour{"address_passwords_hour", 60, std::chrono::hours(1)};
constexpr Budget passwords_per_network6_hour{"network_passwords_hour", 60, std::chrono::hours(1)};
constexpr Budget passwords_per_network4_hour{"network_passwords_hour", 240, std::chrono::hours(1)};

// "This number has an account": the one answer that tells strangers who is here.
constexpr Budget taken_per_address_hour{"address_taken_hour", 10, std::chrono::hours(1)};
constexpr Budget taken_per_network6_hour{"network_taken_hour", 10, std::chrono::hours(1)};
constexpr Budget taken_per_network4_hour{"network_taken_hour", 40, std::chrono::hours(1)};

// A budget and whose it is, as MAC.
struct BudgetShare {
    Budget budget;
    std::string owner_key;
};

class GuessBudgets {
public:
    explicit GuessBudgets(db::Database& database) : database_(database) {}

    // One of each share, or how long to wait. What the unit has taken before a refusal goes back with its transaction. Units that take
    // several name them in the same order, so that none waits for another in a circle.
    static asio::awaitable<std::optional<std::chrono::seconds>> take(db::Transaction& transaction, std::vector<BudgetShare> shares,
                                                                     Time now);

    static asio::awaitable<void> give_back(db::Transaction& transaction, std::vector<BudgetShare> shares);

    // Up to `count_max` budgets that are full again; how many they were.
    asio::awaitable<std::int64_t> erase_full(Time now, int count_max);

private:
    db::Database& database_;
};

} // namespace pollux::accounts
