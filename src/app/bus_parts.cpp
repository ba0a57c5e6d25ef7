#include "app/bus_parts.hpp"

#include "bus/memory_notices.hpp"
#include "bus/memory_rate_limiter.hpp"
#include "bus/memory_reply_feed.hpp"
#include "bus/memory_room_list_cache.hpp"
#include "bus/redis_job_wake_up.hpp"
#include "bus/redis_notices.hpp"
#include "bus/redis_rate_limiter.hpp"
#include "bus/shared_room_list_cache.hpp"

#include <stdexcept>

namespace pollux::app {

BusParts::BusParts(config::Config const& config, net::Runtime& runtime)
{
    if (config.redis_url) {
        build_on_redis(config.redis_url->reveal(), runtime);
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
    signals_ = std::make_unique<bus::RedisSignals>(*redis_);
    wake_ups_ = std::make_unique<bus::RedisJobWakeUp>(*redis_);
    auto feed = std::make_unique<bus::RedisReplyFeed>(*redis_, *signals_);
    redis_feed_ = feed.get();
    feed_ = std::move(feed);
    notices_ = std::make_unique<bus::RedisNotices>(*redis_, *signals_);
    rate_limiter_ = std::make_unique<bus::RedisRateLimiter>(*redis_);
    room_lists_ = std::make_unique<bus::SharedRoomListCache>(*redis_);
}

void BusParts::start()
{
    if (!redis_) return;
    redis_->start();
    signals_->start();
}

void BusParts::close()
{
    feed_->close();
    notices_->close();
}

void BusParts::stop()
{
    if (!redis_) return;
    redis_feed_->wait();
    signals_->stop();
    redis_->stop();
}

} // namespace pollux::app
