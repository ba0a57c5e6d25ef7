#include "bus/memory_room_list_cache.hpp"

#include <gtest/gtest.h>

namespace pollux::bus {
namespace {

MemoryRoomListCache::Json json(std::string text)
{
    return std::make_shared<std::string const>(std::move(text));
}

MemoryRoomListCache::Found look(MemoryRoomListCache& cache, UserId user)
{
    return cache.look(user, 0, Steady::time_point::min());
}

TEST(MemoryRoomListCache, gives_what_is_kept)
{
    MemoryRoomListCache cache;
    UserId const user{1};
    auto const missing = look(cache, user);
    EXPECT_FALSE(missing.json);
    cache.keep(user, missing, json("[]"));
    EXPECT_EQ(*look(cache, user).json, "[]");
    EXPECT_FALSE(look(cache, UserId{2}).json);
    cache.drop(user);
    EXPECT_FALSE(look(cache, user).json);
}

TEST(MemoryRoomListCache, keeps_nothing_that_was_read_before_a_drop)
{
    MemoryRoomListCache cache;
    UserId const user{1};
    auto const missed = look(cache, user);
    cache.drop(user); // Somebody wrote while we were reading.
    cache.keep(user, missed, json("old"));
    EXPECT_FALSE(look(cache, user).json);
    cache.keep(user, look(cache, user), json("new"));
    EXPECT_EQ(*look(cache, user).json, "new");
}

TEST(MemoryRoomListCache, holds_no_more_than_it_may)
{
    std::size_t const bytes_max = 256 * 4096;
    MemoryRoomListCache cache(bytes_max);
    for (std::int64_t id = 1; id <= 5000; ++id) cache.keep(UserId{id}, look(cache, UserId{id}), json(std::string(1000, 'x')));
    EXPECT_LE(cache.bytes(), bytes_max);
    EXPECT_GT(cache.bytes(), bytes_max / 2);
    EXPECT_TRUE(look(cache, UserId{5000}).json);
    EXPECT_FALSE(look(cache, UserId{1}).json);
    cache.keep(UserId{6000}, look(cache, UserId{6000}), json(std::string(5000, 'x'))); // Larger than its share.
    EXPECT_FALSE(look(cache, UserId{6000}).json);
}

TEST(MemoryRoomListCache, forgets_what_was_used_least_recently)
{
    MemoryRoomListCache cache(256 * 3000); // Two of these fit into a share.
    std::vector<UserId> together;          // Users of one share: the third one drives another out.
    for (std::int64_t id = 1; together.size() < 3; ++id) {
        if ((static_cast<std::uint64_t>(id) * 0x9E37'79B9'7F4A'7C15u) >> 56 == 0) together.push_back(UserId{id});
    }
    auto const keep = [&](UserId user) { cache.keep(user, look(cache, user), json(std::string(1000, 'x'))); };
    keep(together[0]);
    keep(together[1]);
    look(cache, together[0]);
    keep(together[2]);
    EXPECT_TRUE(look(cache, together[0]).json);
    EXPECT_FALSE(look(cache, together[1]).json);
}

} // namespace
} // namespace pollux::bus
