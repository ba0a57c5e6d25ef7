// Whose payments these are: what this installation is called at the provider, which account a key is of, which payments count now.
#pragma once

#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

class IdentityStore {
public:
    explicit IdentityStore(db::Database& database) : database_(database) {}

    asio::awaitable<std::string> installation();             // Empty: none yet.
    asio::awaitable<void> make_installation(std::string id); // Unless there is one.

    asio::awaitable<std::optional<std::string>> account_of_key(std::string key_mac);
    asio::awaitable<void> remember_key(std::string key_mac, std::string account);

    asio::awaitable<PaymentScope> in_force(); // Empty words: nobody's.

private:
    db::Database& database_;
};

} // namespace pollux::billing
