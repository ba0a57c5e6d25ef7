// The cache of room lists of one process: exact. Bounded in bytes; what was used least recently goes first. Safe from any thread.
#pragma once

#include "base/literals.hpp"
#include "base/steady_now.hpp"
#include "bus/room_list_cache.hpp"

#include <array>
#include <list>
#include <mutex>
#include <unordered_map>

namespace pollux::bus {

class MemoryRoomListCache final : public RoomListCache {
public:
    explicit MemoryRoomListCache(std::size_t bytes_max = 64_MiB) : shard_bytes_max_(bytes_max / shard_count) {}

    asio::awaitable<Found> find(UserId user) override { co_return look(user, 0, Steady::time_point::min()); }
    void keep(UserId user, Found const& missed, Json json) override { put(user, missed, std::move(json), {}); }
    void drop(UserId user) override;
    asio::awaitable<void> settle(UserId) override { co_return; }

    // For the shared form: only what was kept with this mark and not before `kept_since`; anything else is forgotten.
    Found look(UserId user, std::uint64_t mark, Steady::time_point kept_since);
    void put(UserId user, Found const& missed, Json json, Steady::time_point now);

    std::size_t bytes() const; // Held now, with an allowance for each entry.

private:
    struct Entry {
        UserId user;
        Json json;
        std::uint64_t mark = 0;
        Steady::time_point kept_at;
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
