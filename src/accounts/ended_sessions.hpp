// The sessions whose access tokens must be refused although they have not expired. Asked on every request, so it is in memory: loaded
// before the node serves, told of every end on this node at once, and of those on other nodes by a poll every 2 s. Thread-safe.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

#include <atomic>
#include <shared_mutex>
#include <span>
#include <unordered_map>

namespace pollux::accounts {

namespace asio = boost::asio;

class EndedSessions {
public:
    // `memory`: how long an access token may live; what ended before that is forgotten.
    EndedSessions(db::Database& database, std::chrono::seconds memory);

    bool contains(SessionId session) const;
    void add(std::span<SessionId const> sessions, Time ended_at);

    // Reads what other nodes have ended. The first call reads all that matters. Throws what the database throws.
    asio::awaitable<void> poll(Time now);

    std::size_t size() const { return size_.load(std::memory_order_relaxed); }

private:
    void forget(Time before);

    db::Database& database_;
    std::chrono::seconds const memory_;
    Time polled_at_; // 1970: not yet. Only poll() uses it, and it is not called twice at once.

    std::atomic<std::size_t> size_ = 0; // Mostly 0: then nobody takes the lock.
    mutable std::shared_mutex mutex_;
    std::unordered_map<SessionId, Time> ended_at_;
};

} // namespace pollux::accounts
