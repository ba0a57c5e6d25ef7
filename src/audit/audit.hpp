// Who changed what: a row for every change that somebody may ask about later, written in the transaction of the change. Ids and words of
// ours, never numbers, names or texts of users; so the rows stay when users go.
#pragma once

#include "base/ids.hpp"
#include "db/database.hpp"

#include <chrono>
#include <string>

namespace pollux::audit {

namespace asio = boost::asio;

constexpr std::chrono::days kept{730};

constexpr UserId nobody{0};

struct Entry {
    std::string actor;    // "operator" (a command), "time", "stripe", "user:7".
    std::string action;   // "grant", "plan".
    UserId user = nobody; // Whom it is about.
    std::string detail;   // UTF-8; 2,000 characters of it are kept.
};

// At the database's time. On its way with the transaction's next statement.
asio::awaitable<void> write(db::Transaction& transaction, Entry entry);

// Rows older than `kept`, about 1,000 at a time. How many they were. It may run twice.
asio::awaitable<std::int64_t> forget_old(db::Database& database);

} // namespace pollux::audit
