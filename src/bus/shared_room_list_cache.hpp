// The cache of room lists of many processes: each keeps its own pages, and Redis keeps a mark for each user whose rooms changed within
// the last minute. A page is given out only while the user's mark is the one it was read under, at one round trip a page, and for 30 s
// at most. A change sets a new random mark; settle() waits until Redis has it, so one's own writes are always seen, in every
// process, while Redis answers within 50 ms. While it does not, or some other process does not reach it and so can set no marks, nothing is
// given out or kept: the database is asked. What was kept before that is not given out after it, and a mark that Redis may not have got is
// set again as soon as it can be.
#pragma once

#include "bus/memory_room_list_cache.hpp"
#include "bus/redis_reach.hpp"

namespace pollux::bus {

class SharedRoomListCache final : public RoomListCache {
public:
    SharedRoomListCache(redis::Client& client, RedisReach const& reach, SteadyNow now = steady_now())
        : client_(client), reach_(reach), now_(std::move(now))
    {}

    asio::awaitable<Found> find(UserId user) override;
    void keep(UserId user, Found const& missed, Json json) override;
    void drop(UserId user) override;
    asio::awaitable<void> settle(UserId user) override;

private:
    void mark(UserId user);
    void tell_later(UserId user);
    void tell_now();

    redis::Client& client_;
    RedisReach const& reach_;
    SteadyNow now_;
    MemoryRoomListCache here_;
    std::mutex mutex_;
    std::vector<UserId> untold_; // Whose mark Redis may not have got.
    std::atomic<bool> has_untold_ = false;
};

} // namespace pollux::bus
