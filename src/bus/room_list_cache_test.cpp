#include "bus/room_list_cache.hpp"

#include <gtest/gtest.h>

namespace pollux::bus {
namespace {

RoomListCache::Json json(std::string text)
{
    return std::make_shared<std::string const>(std::move(text));
}

TEST(RoomListCache, GivesWhatIsKept)
{
    RoomListCache cache;
    UserId const user{1};
    auto const missing = cache.find(user);
    EXPECT_FALSE(missing.json);
    cache.keep(user, missing.ticket, json("[]"));
    EXPECT_EQ(*cache.find(user).json, "[]");
    EXPECT_FALSE(cache.find(UserId{2}).json);
    cache.drop(user);
    EXPECT_FALSE(cache.find(user).json);
}

TEST(RoomListCache, KeepsNothingThatWasReadBeforeADrop)
{
    RoomListCache cache;
    UserId const user{1};
    auto const ticket = cache.find(user).ticket;
    cache.drop(user); // Somebody wrote while we were reading.
    cache.keep(user, ticket, json("old"));
    EXPECT_FALSE(cache.find(user).json);
    cache.keep(user, cache.find(user).ticket, json("new"));
    EXPECT_EQ(*cache.find(user).json, "new");
}

TEST(RoomListCache, HoldsNoMoreThanItMay)
{
    std::size_t const bytes_max = 256 * 4096;
    RoomListCache cache(bytes_max);
    for (std::int64_t id = 1; id <= 5000; ++id) cache.keep(UserId{id}, cache.find(UserId{id}).ticket, json(std::string(1000, 'x')));
    EXPECT_LE(cache.bytes(), bytes_max);
    EXPECT_GT(cache.bytes(), bytes_max / 2);
    EXPECT_TRUE(cache.find(UserId{5000}).json);
    EXPECT_FALSE(cache.find(UserId{1}).json);
    cache.keep(UserId{6000}, cache.find(UserId{6000}).ticket, json(std::string(5000, 'x'))); // Larger than its share.
    EXPECT_FALSE(cache.find(UserId{6000}).json);
}

TEST(RoomListCache, ForgetsWhatWasUsedLeastRecently)
{
    RoomListCache cache(256 * 3000); // Two of these fit into a share.
    std::vector<UserId> together;    // Users of one share: the third one drives another out.
    for (std::int64_t id = 1; together.size() < 3; ++id) {
        if ((static_cast<std::uint64_t>(id) * 0x9E37'79B9'7F4A'7C15u) >> 56 == 0) together.push_back(UserId{id});
    }
    auto const keep = [&](UserId user) { cache.keep(user, cache.find(user).ticket, json(std::string(1000, 'x'))); };
    keep(together[0]);
    keep(together[1]);
    cache.find(together[0]);
    keep(together[2]);
    EXPECT_TRUE(cache.find(together[0]).json);
    EXPECT_FALSE(cache.find(together[1]).json);
}

} // namespace
} // namespace pollux::bus
