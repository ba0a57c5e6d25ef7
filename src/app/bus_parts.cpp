#include "app/bus_parts.hpp"

#include "bus/both_job_wake_ups.hpp"
#include "bus/memory_notices.hpp"
#include "bus/memory_room_list_cache.hpp"
#include "bus/no_room_list_cache.hpp"
#include "bus/redis_job_wake_up.hpp"
#include "bus/redis_notices.hpp"
#include "bus/redis_rate_limiter.hpp"
#include "bus/shared_room_list_cache.hpp"
#include "bus/signal_job_wake_up.hpp"
#include "bus/signal_notices.hpp"
#include "chat/streams/memory_reply_feed.hpp"
#include "limits/memory_rate_limiter.hpp"

#include <stdexcept>

namespace pollux::app {
namespace {

constexpr std::chrono::seconds first_word_max{1}; // What the first attempt to reach Redis may take.

} // namespace

BusParts::BusParts(config::Config const& config, db::Database& database, net::Runtime& runtime) : runtime_(runtime)
{
    auto* postgres = dynamic_cast<db::PostgresDatabase*>(&database);
    if (config.redis_url) {
        build_on_redis(config.redis_url->reveal(), runtime, postgres);
    } else if (postgres) {
        build_on_postgres(*postgres, runtime);
    } else {
        build_in_memory();
    }
}

void BusParts::build_in_memory()
{
    feed_ = std::make_unique<chat::MemoryReplyFeed>();
    notices_ = std::make_unique<bus::MemoryNotices>();
    rate_limiter_ = std::make_unique<limits::MemoryRateLimiter>();
    room_lists_ = std::make_unique<bus::MemoryRoomListCache>();
}

void BusParts::build_on_redis(std::string const& url, net::Runtime& runtime, db::PostgresDatabase* postgres)
{
    auto parsed = redis::parse_url(url);
    if (!parsed) throw std::runtime_error("REDIS_URL: " + parsed.error().message());
    redis_ = std::make_unique<redis::Client>(runtime, std::move(*parsed));
    redis_gauge_.emplace("pollux_redis_up", "1 while Redis serves this process.", [this] { return redis_->watch().is_up() ? 1.0 : 0.0; });
    redis_signals_ = std::make_unique<bus::RedisSignals>(*redis_);
    if (postgres) postgres_signals_ = std::make_unique<PostgresSignals>(*postgres, runtime);
    redis_reach_ = std::make_unique<bus::RedisReach>(*redis_, postgres_signals_.get());
    std::unique_ptr<bus::Notices> notices_apart;
    if (postgres) {
        both_signals_ = std::make_unique<bus::BothSignals>(*redis_signals_, *postgres_signals_, *redis_reach_);
        wake_ups_ = std::make_unique<bus::BothJobWakeUps>(*redis_, *postgres_signals_, *redis_reach_);
        reply_parts_ = std::make_unique<chat::ReplyPartsStore>(*postgres);
        feed_beside_redis_ = std::make_unique<chat::StoredReplyFeed>(*reply_parts_, *postgres_signals_,
                                                                     [reach = redis_reach_.get()] { return !reach->is_whole(); });
        stored_feed_ = feed_beside_redis_.get();
        redis_reach_->on_break([this] { stored_feed_->needed_now(); });
        notices_apart = std::make_unique<bus::SignalNotices>(*postgres_signals_);
    } else {
        wake_ups_ = std::make_unique<bus::RedisJobWakeUp>(*redis_);
        notices_apart = std::make_unique<bus::MemoryNotices>();
    }
    redis_reach_->on_break([this] { redis_signals_->stir_here(); }); // Waiters for Redis look how things stand.
    auto feed = std::make_unique<chat::RedisReplyFeed>(*redis_, *redis_signals_, stored_feed_);
    redis_feed_ = feed.get();
    feed_ = std::move(feed);
    notices_ = std::make_unique<bus::RedisNotices>(*redis_, *redis_signals_, *redis_reach_, std::move(notices_apart));
    rate_limiter_ = std::make_unique<bus::RedisRateLimiter>(*redis_);
    room_lists_ = std::make_unique<bus::SharedRoomListCache>(*redis_, *redis_reach_);
}

// Limits of rates hold in each process then.
void BusParts::build_on_postgres(db::PostgresDatabase& database, net::Runtime& runtime)
{
    postgres_signals_ = std::make_unique<PostgresSignals>(database, runtime);
    wake_ups_ = std::make_unique<bus::SignalJobWakeUp>(*postgres_signals_);
    reply_parts_ = std::make_unique<chat::ReplyPartsStore>(database);
    auto feed = std::make_unique<chat::StoredReplyFeed>(*reply_parts_, *postgres_signals_);
    stored_feed_ = feed.get();
    feed_ = std::move(feed);
    notices_ = std::make_unique<bus::SignalNotices>(*postgres_signals_);
    rate_limiter_ = std::make_unique<limits::MemoryRateLimiter>();
    room_lists_ = std::make_unique<bus::NoRoomListCache>();
}

std::string_view to_text(RedisState state)
{
    switch (state) {
    case RedisState::not_set: return "not set";
    case RedisState::ok: return "ok";
    case RedisState::down: return "down";
    }
    return "";
}

RedisState BusParts::redis_state() const
{
    if (!redis_) return RedisState::not_set;
    return redis_->watch().is_up() ? RedisState::ok : RedisState::down;
}

std::string BusParts::redis_reason() const
{
    return redis_ ? redis_->watch().reason() : "";
}

bus::Signals* BusParts::signals()
{
    if (both_signals_) return both_signals_.get();
    if (redis_signals_) return redis_signals_.get();
    return postgres_signals_.get();
}

void BusParts::start()
{
    if (redis_) {
        redis_->start();
        redis_signals_->start();
        // A process that begins without Redis makes all others do without it as well, so it looks first.
        redis_->watch().wait_for_first_word(first_word_max);
    }
    if (postgres_signals_) postgres_signals_->start();
    if (redis_reach_) redis_reach_->start(runtime_.next_executor());
    if (stored_feed_) {
        stored_feed_->start(runtime_.next_executor());
    }
}

void BusParts::close()
{
    feed_->close();
    notices_->close();
}

void BusParts::stop()
{
    if (redis_reach_) redis_reach_->stop();
    if (redis_) {
        redis_feed_->wait();
        redis_signals_->stop();
        redis_->stop();
    }
    if (postgres_signals_) {
        stored_feed_->wait();
        postgres_signals_->stop();
    }
}

} // namespace pollux::app
