#include "bus/memory_room_list_cache.hpp"

namespace pollux::bus {

MemoryRoomListCache::Shard& MemoryRoomListCache::shard_of(UserId user)
{
    auto const mixed = static_cast<std::uint64_t>(user.value) * 0x9E37'79B9'7F4A'7C15u;
    return shards_[mixed >> 56];
}

MemoryRoomListCache::Found MemoryRoomListCache::look(UserId user, std::uint64_t mark, Steady::time_point kept_since)
{
    auto& shard = shard_of(user);
    std::lock_guard const lock(shard.mutex);
    Found missed{.json = nullptr, .ticket = shard.changes, .mark = mark};
    auto const found = shard.by_user.find(user);
    if (found == shard.by_user.end()) return missed;
    auto const entry = found->second;
    if (entry->mark != mark || entry->kept_at < kept_since) {
        forget(shard, entry);
        return missed;
    }
    shard.entries.splice(shard.entries.begin(), shard.entries, entry);
    return {.json = entry->json, .ticket = shard.changes, .mark = mark};
}

void MemoryRoomListCache::put(UserId user, Found const& missed, Json json, Steady::time_point now)
{
    auto& shard = shard_of(user);
    std::lock_guard const lock(shard.mutex);
    if (shard.changes != missed.ticket || shard.by_user.contains(user)) return;
    if (json->size() + entry_bytes > shard_bytes_max_) return;

    shard.entries.push_front({user, std::move(json), missed.mark, now});
    shard.by_user.emplace(user, shard.entries.begin());
    shard.bytes += cost(shard.entries.front());
    while (shard.bytes > shard_bytes_max_) forget(shard, std::prev(shard.entries.end()));
}

void MemoryRoomListCache::drop(UserId user)
{
    auto& shard = shard_of(user);
    std::lock_guard const lock(shard.mutex);
    ++shard.changes;
    if (auto const found = shard.by_user.find(user); found != shard.by_user.end()) forget(shard, found->second);
}

void MemoryRoomListCache::forget(Shard& shard, std::list<Entry>::iterator entry)
{
    shard.bytes -= cost(*entry);
    shard.by_user.erase(entry->user);
    shard.entries.erase(entry);
}

std::size_t MemoryRoomListCache::bytes() const
{
    std::size_t sum = 0;
    for (auto const& shard : shards_) {
        std::lock_guard const lock(shard.mutex);
        sum += shard.bytes;
    }
    return sum;
}

} // namespace pollux::bus
