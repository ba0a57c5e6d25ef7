// What lies at the demo. All of it is a part of somebody's transaction; the clock is the database's.
#pragma once

#include "billing/demo/demo_objects.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::billing::demo {

namespace asio = boost::asio;

// Changes with a key are answered again as the first time for so long, as Stripe does it.
constexpr std::chrono::hours answers_kept{24};
constexpr std::chrono::days sessions_kept{30};
constexpr std::chrono::hours portals_kept{24};

struct DemoAnswer {
    int status = 200;
    std::string body; // JSON.
};

struct KeptAnswer {
    std::string question;
    DemoAnswer answer;
};

class DemoStore {
public:
    static asio::awaitable<Time> now(db::Transaction& transaction); // Whole seconds, as everything is here.

    // True: this is the first time, and nobody else who asks with this key goes on before this transaction has ended.
    static asio::awaitable<bool> begin_answer(db::Transaction& transaction, std::string operation, std::string question);
    static asio::awaitable<void> keep_answer(db::Transaction& transaction, std::string operation, DemoAnswer answer);
    static asio::awaitable<std::optional<KeptAnswer>> kept_answer(db::Transaction& transaction, std::string operation);

    static asio::awaitable<void> add_customer(db::Transaction& transaction, DemoCustomer customer);
    static asio::awaitable<std::optional<DemoCustomer>> customer(db::Transaction& transaction, std::string id);

    static asio::awaitable<void> add_session(db::Transaction& transaction, DemoSession session);
    static asio::awaitable<std::optional<DemoSession>> session(db::Transaction& transaction, std::string id);
    static asio::awaitable<std::optional<DemoSession>> lock_session(db::Transaction& transaction, std::string id);
    // Newest first, and at most 100: of a customer those that may still be open.
    static asio::awaitable<std::vector<DemoSession>> open_sessions(db::Transaction& transaction, std::string customer);
    static asio::awaitable<void> end_session(db::Transaction& transaction, DemoSession session); // Its status, subscription and payment.

    static asio::awaitable<void> add_subscription(db::Transaction& transaction, DemoSubscription subscription);
    static asio::awaitable<std::optional<DemoSubscription>> subscription(db::Transaction& transaction, std::string id);
    static asio::awaitable<std::optional<DemoSubscription>> lock_subscription(db::Transaction& transaction, std::string id);
    static asio::awaitable<void> change_subscription(db::Transaction& transaction, DemoSubscription subscription);

    // Newest first, of one customer or, with an empty name, of all; behind the one named `after`, if any. At most `count_max`.
    static asio::awaitable<std::vector<DemoSubscription>> subscriptions(db::Transaction& transaction, std::string customer,
                                                                        std::string after, std::int64_t count_max);

    static asio::awaitable<void> add_portal(db::Transaction& transaction, DemoPortal portal);
    static asio::awaitable<std::optional<DemoPortal>> portal(db::Transaction& transaction, std::string id);

    // All that was made for a user, for the transaction that deletes the account: no more happens to it then.
    static asio::awaitable<void> forget_user(db::Transaction& transaction, UserId user);
};

} // namespace pollux::billing::demo
