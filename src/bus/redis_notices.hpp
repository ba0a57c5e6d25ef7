// The notices of many processes: a short list a user in Redis, kept 5 minutes after the last one, and a small hash {epoch, last} that
// outlives it. Ids are `<epoch>-<n>` in every process; an epoch begins when Redis knows nothing of the user.
//
// While Redis is away, from this process or from another one, the notices go the other way: in memory where this process is alone, else
// over PostgreSQL. Their ids are of another epoch, so a reader is told to fetch everything again when it goes from one to the other, and
// nothing is missed for long.
#pragma once

#include "bus/memory_notices.hpp"
#include "bus/redis_reach.hpp"
#include "bus/redis_signals.hpp"
#include "redis/script.hpp"

namespace pollux::bus {

class RedisNotices final : public Notices {
public:
    RedisNotices(redis::Client& client, RedisSignals& signals, RedisReach const& reach,
                 std::unique_ptr<Notices> apart = std::make_unique<MemoryNotices>());

    void publish(UserId user, std::string name, std::string json) override;
    void publish_all(UserId user, std::vector<NewNotice> notices) override; // One command.
    asio::awaitable<NoticeBatch> read(UserId user, std::string after, Steady::time_point until) override;
    void close() override;

private:
    asio::awaitable<std::optional<NoticeBatch>> fetch(UserId user, std::string after);

    redis::Client& client_;
    RedisSignals& signals_;
    RedisReach const& reach_;
    std::unique_ptr<Notices> const apart_; // The other way.
    redis::Script const publish_;
    redis::Script const read_;
    std::atomic<bool> is_closed_ = false;
};

} // namespace pollux::bus
