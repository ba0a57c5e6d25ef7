// The table of log-in links, of which it keeps hashes only. A dead database throws. What takes a Transaction is a part of somebody's unit.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

#include <string>

namespace pollux::accounts {

namespace asio = boost::asio;

constexpr std::chrono::seconds login_link_lifetime = std::chrono::minutes(10);

class LinkStore {
public:
    explicit LinkStore(db::Database& database) : database_(database) {}

    static asio::awaitable<void> add(db::Transaction& transaction, UserId user, std::string token_hash, Time expires_at);

    // true for one caller only; it and all others of the user are gone then.
    static asio::awaitable<bool> use(db::Transaction& transaction, UserId user, std::string token_hash, Time now);

    static asio::awaitable<void> erase(db::Transaction& transaction, UserId user);
    asio::awaitable<std::int64_t> erase_old(Time expired_before, int count_max);

private:
    db::Database& database_;
};

} // namespace pollux::accounts
