// The first page of each user's rooms as JSON bytes, ready to be sent. Exact within one process: whoever commits a change of a user's
// rooms calls drop() before he answers, and a page that was read before a drop() is not kept after it. Bounded in bytes; what was used
// least recently goes first. Safe from any thread.
#pragma once

#include "base/ids.hpp"
#include "base/literals.hpp"

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pollux::bus {

class RoomListCache {
public:
    using Json = std::shared_ptr<std::string const>;

    explicit RoomListCache(std::size_t bytes_max = 64_MiB) : shard_bytes_max_(bytes_max / shard_count) {}

    // Empty `json`: not here. Then read the database, after this call, and keep() with the same ticket.
    struct Found {
        Json json;
        std::uint64_t ticket = 0;
    };
    Found find(UserId user);

    // Ignored when the user's (or a neighbour's) rooms changed since find().
    void keep(UserId user, std::uint64_t ticket, Json json);

    void drop(UserId user);

    std::size_t bytes() const; // Held now, with an allowance for each entry.

private:
    struct Entry {
        UserId user;
        Json json;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::uint64_t changes = 0;
        std::list<Entry> entries; // Used last first.
        std::unordered_map<UserId, std::list<Entry>::iterator> by_user;
        std::size_t bytes = 0;
    };
    static constexpr std::size_t shard_count = 256;
    static constexpr std::size_t entry_bytes = 192; // What an entry costs beside its JSON, roughly.

    static std::size_t cost(Entry const& entry) { return entry.json->size() + entry_bytes; }
    static void forget(Shard& shard, std::list<Entry>::iterator entry);
    Shard& shard_of(UserId user);

    std::size_t const shard_bytes_max_;
    std::array<Shard, shard_count> shards_;
};

} // namespace pollux::bus
