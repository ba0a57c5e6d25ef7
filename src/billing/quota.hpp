// A day's quota of replies, and the tokens they took. Days are the database's, UTC. These run inside the transactions of others: a unit is
// taken together with the message that costs it, and settled together with the reply's end.
#pragma once

#include "base/ids.hpp"
#include "db/database.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

// Takes one unit of `day` if fewer than `limit` are taken; returns how many then are, or nullopt when none was left. One conditional
// statement, so it is exact however many ask at once.
asio::awaitable<std::optional<std::int64_t>> take_unit(db::Transaction& transaction, UserId user, std::int64_t day, std::int64_t limit);

// How many units of `day` are taken.
asio::awaitable<std::int64_t> used_units(db::Transaction& transaction, UserId user, std::int64_t day);

struct Settlement {
    UserId user;
    std::int64_t day = 0;        // The one the unit was taken from.
    std::int64_t units_back = 0; // 1 gives it back.
    std::string model;           // The one that wrote it, and took the tokens; empty: none was asked.
    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    std::int64_t thought_tokens = 0;
};

// Must be called once a reply: the caller's transaction is fenced. On the way with the transaction's next statement.
asio::awaitable<void> settle(db::Transaction& transaction, Settlement settlement);

// Of a call that writes no reply: its tokens are counted on that day, its units_back mean nothing, and no unit moves.
asio::awaitable<void> count_tokens(db::Transaction& transaction, Settlement settlement);

} // namespace pollux::billing
