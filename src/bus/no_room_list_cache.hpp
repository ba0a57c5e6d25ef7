// No cache of room lists: the database is asked each time. For several nodes on PostgreSQL alone, where a mark of the last change would
// cost the same round trip that it saves, and a signal comes too late for a client that reads its own write on another node.
#pragma once

#include "bus/room_list_cache.hpp"

namespace pollux::bus {

class NoRoomListCache final : public RoomListCache {
public:
    asio::awaitable<Found> find(UserId) override { co_return Found{.may_keep = false}; }
    void keep(UserId, Found const&, Json) override {}
    void drop(UserId) override {}
    asio::awaitable<void> settle(UserId) override { co_return; }
};

} // namespace pollux::bus
