#include "app/bus_parts.hpp"

#include "bus/memory_notices.hpp"
#include "bus/memory_rate_limiter.hpp"
#include "bus/memory_reply_feed.hpp"
#include "bus/memory_room_list_cache.hpp"
#include "bus/no_room_list_cache.hpp"
#include "bus/redis_job_wake_up.hpp"
#include "bus/redis_notices.hpp"
#include "bus/redis_rate_limiter.hpp"
#include "bus/shared_room_list_cache.hpp"
#include "bus/signal_job_wake_up.hpp"
#include "bus/signal_notices.hpp"

#include <stdexcept>

namespace pollux::app {

BusParts::BusParts(config::Config const& config, db::Database& database, net::Runtime& runtime) : runtime_(runtime)
{
    if (config.redis_url) {
        build_on_redis(config.redis_url->reveal(), runtime);
    } else if (auto* postgres = dynamic_cast<db::PostgresDatabase*>(&database)) {
        build_on_postgres(*postgres, runtime);
    } else {
        build_in_memory();
    }
}

void BusParts::build_in_memory()
{
    feed_ = std::make_unique<bus::MemoryReplyFeed>();
    notices_ = std::make_unique<bus::MemoryNotices>();
    rate_limiter_ = std::make_unique<bus::MemoryRateLimiter>();
    room_lists_ = std::make_unique<bus::MemoryRoomListCache>();
}

void BusParts::build_on_redis(std::string const& url, net::Runtime& runtime)
{
    auto parsed = redis::parse_url(url);
    if (!parsed) throw std::runtime_error("REDIS_URL: " + parsed.error().message());
    redis_ = std::make_unique<redis::Client>(runtime, std::move(*parsed));
    redis_gauge_.emplace("pollux_redis_up", "1 while Redis answers this process.", [this] { return redis_->is_up() ? 1.0 : 0.0; });
    redis_signals_ = std::make_unique<bus::RedisSignals>(*redis_);
    wake_ups_ = std::make_unique<bus::RedisJobWakeUp>(*redis_);
    auto feed = std::make_unique<bus::RedisReplyFeed>(*redis_, *redis_signals_);
    redis_feed_ = feed.get();
    feed_ = std::move(feed);
    notices_ = std::make_unique<bus::RedisNotices>(*redis_, *redis_signals_);
    rate_limiter_ = std::make_unique<bus::RedisRateLimiter>(*redis_);
    room_lists_ = std::make_unique<bus::SharedRoomListCache>(*redis_);
}

// Limits of rates hold in each process then.
void BusParts::build_on_postgres(db::PostgresDatabase& database, net::Runtime& runtime)
{
    postgres_signals_ = std::make_unique<PostgresSignals>(database, runtime);
    wake_ups_ = std::make_unique<bus::SignalJobWakeUp>(*postgres_signals_);
    reply_parts_ = std::make_unique<chat::ReplyPartsStore>(database);
    auto feed = std::make_unique<bus::StoredReplyFeed>(*reply_parts_, *postgres_signals_);
    stored_feed_ = feed.get();
    feed_ = std::move(feed);
    notices_ = std::make_unique<bus::SignalNotices>(*postgres_signals_);
    rate_limiter_ = std::make_unique<bus::MemoryRateLimiter>();
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
    return redis_->is_up() ? RedisState::ok : RedisState::down;
}

bus::Signals* BusParts::signals()
{
    if (redis_signals_) return redis_signals_.get();
    return postgres_signals_.get();
}

void BusParts::start()
{
    if (redis_) {
        redis_->start();
        redis_signals_->start();
    }
    if (postgres_signals_) {
        postgres_signals_->start();
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
