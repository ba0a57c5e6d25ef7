// What the provider told, once each. Safe from any thread.
#pragma once

#include "billing/stripe/objects.hpp"
#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

constexpr std::chrono::days events_kept{30}; // As long as the provider keeps them.

// A refund, a charge, a dispute: it says which payment, and nothing of who paid.
bool is_about_a_payment(stripe::Event const& event);

class EventStore {
public:
    explicit EventStore(db::Database& database) : database_(database) {}

    struct Stored {
        bool is_new = false;
        bool is_ours = false; // It is about a customer of ours, or may be.
    };

    // With its task, in one transaction: when this returns, what follows from the event will be done. `sealed`: its body, kept only where
    // it is about somebody of ours. Without a scope nobody is: it is kept as ignored.
    asio::awaitable<Stored> store(stripe::Event event, std::string sealed, std::optional<PaymentScope> scope);

    asio::awaitable<std::int64_t> forget_old(); // At most 1,000 of each kind; how many they were. It may run twice.

private:
    db::Database& database_;
};

} // namespace pollux::billing
