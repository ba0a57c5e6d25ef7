// What the parts of this process, and the processes, tell each other: over Redis where REDIS_URL is set, else over PostgreSQL where that is
// the database, else in memory. A Redis that does not answer, or refuses, is one line in the log, now or later; while it does not serve
// every process, those on PostgreSQL also use what they would use without it.
#pragma once

#include "app/postgres_signals.hpp"
#include "bus/both_signals.hpp"
#include "bus/job_wake_up.hpp"
#include "bus/notices.hpp"
#include "bus/redis_signals.hpp"
#include "bus/room_list_cache.hpp"
#include "chat/streams/redis_reply_feed.hpp"
#include "chat/streams/reply_parts_store.hpp"
#include "chat/streams/stored_reply_feed.hpp"
#include "config/config.hpp"
#include "limits/rate_limiter.hpp"
#include "net/runtime.hpp"
#include "ops/metrics.hpp"

#include <memory>
#include <optional>

namespace pollux::app {

enum class RedisState { not_set, ok, down };

std::string_view to_text(RedisState state);

class BusParts {
public:
    // Throws std::runtime_error with one clear line for a REDIS_URL that cannot be understood.
    BusParts(config::Config const& config, db::Database& database, net::Runtime& runtime);

    void start(); // Once the runtime's threads run.
    void close(); // All that wait for news return at once.
    void stop();  // After close(), when nobody publishes any more. Blocks for a moment, never on an I/O thread.

    chat::ReplyFeed& feed() { return *feed_; }
    bus::Notices& notices() { return *notices_; }
    limits::RateLimiter& rate_limiter() { return *rate_limiter_; }
    bus::RoomListCache& room_lists() { return *room_lists_; }
    RedisState redis_state() const;
    std::string redis_reason() const;                      // Why it is down: Redis' own word, or what is wrong with the connection.
    bus::Signals* signals();                               // Null: there are no other processes.
    bus::JobWakeUp* wake_ups() { return wake_ups_.get(); } // The same.

private:
    void build_in_memory();
    void build_on_redis(std::string const& url, net::Runtime& runtime, db::PostgresDatabase* postgres);
    void build_on_postgres(db::PostgresDatabase& database, net::Runtime& runtime);

    net::Runtime& runtime_;

    // In this order: what is below uses what is above.
    std::unique_ptr<redis::Client> redis_;
    std::optional<ops::Gauge> redis_gauge_;
    std::unique_ptr<bus::RedisSignals> redis_signals_;
    std::unique_ptr<PostgresSignals> postgres_signals_;
    std::unique_ptr<bus::RedisReach> redis_reach_;
    std::unique_ptr<bus::BothSignals> both_signals_;
    std::unique_ptr<chat::ReplyPartsStore> reply_parts_;
    std::unique_ptr<chat::StoredReplyFeed> feed_beside_redis_;
    std::unique_ptr<bus::JobWakeUp> wake_ups_;
    std::unique_ptr<chat::ReplyFeed> feed_;
    chat::RedisReplyFeed* redis_feed_ = nullptr;   // feed_, when it is that.
    chat::StoredReplyFeed* stored_feed_ = nullptr; // The same.
    std::unique_ptr<bus::Notices> notices_;
    std::unique_ptr<limits::RateLimiter> rate_limiter_;
    std::unique_ptr<bus::RoomListCache> room_lists_;
};

} // namespace pollux::app
