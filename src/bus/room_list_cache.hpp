// The first page of each user's rooms as JSON bytes, ready to be sent. The writer that commits a change of a user's rooms calls drop(), and
// awaits settle() before it answers; a page that was read before a drop() is not given out after it. One process: exact. Many: see
// shared_room_list_cache.hpp.
#pragma once

#include "base/ids.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace pollux::bus {

namespace asio = boost::asio;

class RoomListCache {
public:
    using Json = std::shared_ptr<std::string const>;

    // Empty `json`: not here. Then read the database, after this call, and keep() what was found.
    struct Found {
        Json json;
        std::uint64_t ticket = 0;
        std::uint64_t mark = 0; // Of the user's rooms over all processes; 0 in one process.
        bool may_keep = true;   // False: nobody would learn of a change.
    };

    virtual ~RoomListCache() = default;

    virtual asio::awaitable<Found> find(UserId user) = 0;

    // Ignored when the user's (or a neighbour's) rooms changed since find().
    virtual void keep(UserId user, Found const& missed, Json json) = 0;

    // After COMMIT. Never waits.
    virtual void drop(UserId user) = 0;

    // After a drop() on this thread: returns when no process gives out any more what was dropped, or when that cannot be known.
    virtual asio::awaitable<void> settle(UserId user) = 0;
};

} // namespace pollux::bus
