#include "bus/room_list_cache.hpp"

namespace pollux::bus {

RoomListCache::Shard& RoomListCache::shard_of(UserId user)
{
    auto const mixed = static_cast<std::uint64_t>(user.value) * 0x9E37'79B9'7F4A'7C15u;
    return shards_[mixed >> 56];
}

RoomListCache::Found RoomListCache::find(UserId user)
{
    auto& shard = shard_of(user);
    std::lock_guard lock(shard.mutex);
    auto const found = shard.by_user.find(user);
    if (found == shard.by_user.end()) return {nullptr, shard.changes};
    shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
    return {found->second->json, shard.changes};
}

void RoomListCache::keep(UserId user, std::uint64_t ticket, Json json)
{
    auto& shard = shard_of(user);
    std::lock_guard lock(shard.mutex);
    if (shard.changes != ticket || shard.by_user.contains(user)) return;
    if (json->size() + entry_bytes > shard_bytes_max_) return;

    shard.entries.push_front({user, std::move(json)});
    shard.by_user.emplace(user, shard.entries.begin());
    shard.bytes += cost(shard.entries.front());
    while (shard.bytes > shard_bytes_max_) forget(shard, std::prev(shard.entries.end()));
}

void RoomListCache::drop(UserId user)
{
    auto& shard = shard_of(user);
    std::lock_guard lock(shard.mutex);
    ++shard.changes;
    if (auto const found = shard.by_user.find(user); found != shard.by_user.end()) forget(shard, found->second);
}

void RoomListCache::forget(Shard& shard, std::list<Entry>::iterator entry)
{
    shard.bytes -= cost(*entry);
    shard.by_user.erase(entry->user);
    shard.entries.erase(entry);
}

std::size_t RoomListCache::bytes() const
{
    std::size_t sum = 0;
    for (auto const& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        sum += shard.bytes;
    }
    return sum;
}

} // namespace pollux::bus
