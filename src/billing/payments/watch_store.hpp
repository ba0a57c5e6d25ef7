// What the watch over payments looks at (payment_watch). Of these all processes on one database see the same.
#pragma once

#include "db/database.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

class WatchStore {
public:
    explicit WatchStore(db::Database& database) : database_(database) {}

    asio::awaitable<std::chrono::microseconds> silent(); // Since the provider told anything, while somebody pays; else 0.
    asio::awaitable<std::int64_t> payers();              // 1,000 stand for more, too.
    asio::awaitable<std::string> endpoint();             // As the last walk saw it (walk_store): enabled, disabled, missing, or nothing.
    asio::awaitable<std::map<std::string, std::int64_t>> alerts(); // Subscriptions that somebody must look at, by PaymentAlert's word.

private:
    db::Database& database_;
};

} // namespace pollux::billing
