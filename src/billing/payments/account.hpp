// Which payments count: of the mode and the account that the configured key belongs to. The provider is asked once a key; after that it may
// be down. Safe from any thread.
#pragma once

#include "billing/payments/identity_store.hpp"
#include "billing/stripe/api.hpp"
#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

class PaymentAccount {
public:
    // `key_mac`: tells keys apart; of the demo, empty, since it has no account but "demo". All must outlive this.
    PaymentAccount(db::Database& database, stripe::Api const& api, std::string key_mac)
        : database_(database), store_(database), api_(api), key_mac_(std::move(key_mac))
    {}

    // From memory, the database, or the provider. nullopt: nobody could be asked by `deadline`.
    asio::awaitable<std::optional<PaymentScope>> scope(Steady::time_point deadline);

    std::optional<PaymentScope> known() const; // From memory alone.

    // Without asking the provider; where it never said whose the key is, the payments that count until it does. nullopt: none do.
    asio::awaitable<std::optional<PaymentScope>> scope_here();

    // For the start of what serves, and nothing else: a command with other settings changes nobody's plan.
    asio::awaitable<void> put_in_force(PaymentScope scope);

    // Whether what is bought of it counts.
    asio::awaitable<bool> is_in_force(PaymentScope scope);

    std::string const& key_mac() const { return key_mac_; }

private:
    asio::awaitable<std::optional<std::string>> remembered();
    asio::awaitable<std::optional<std::string>> look_up(Steady::time_point deadline);

    db::Database& database_;
    IdentityStore store_;
    stripe::Api const& api_;
    std::string const key_mac_;
    mutable std::mutex mutex_;
    std::optional<PaymentScope> known_;
};

// "live:acct_1": what a task of a scope carries, so that no process with another key takes it for done.
std::string text_of(PaymentScope const& scope);

} // namespace pollux::billing
