#include "bus/shared_room_list_cache.hpp"
#include "redis/redis_fixture.hpp"

namespace pollux::bus {
namespace {

using namespace std::chrono_literals;

// A clock that the test moves.
std::atomic<std::int64_t> seconds_later = 0;

struct Lists {
    Lists(redis::Client& client, RedisSignals&, RedisReach const& reach)
        : lists(client, reach, [] { return Steady::now() + std::chrono::seconds(seconds_later); })
    {}
    SharedRoomListCache lists;
};

class SharedRoomLists : public test::TwoNodes<Lists> {
protected:
    SharedRoomLists() { seconds_later = 0; }

    using Node = test::Node<Lists>;
    UserId const user{1};

    RoomListCache::Found find(Node& node) { return node.loop.run(node.parts.lists.find(user)); }
    void keep(Node& node, std::string json, RoomListCache::Found const& missed)
    {
        node.parts.lists.keep(user, missed, std::make_shared<std::string const>(std::move(json)));
    }
    static asio::awaitable<bool> drop_and_settle(SharedRoomListCache* lists, UserId user)
    {
        lists->drop(user);
        co_await lists->settle(user);
        co_return true;
    }
    void drop(Node& node) { node.loop.run(drop_and_settle(&node.parts.lists, user)); }
};

TEST_F(SharedRoomLists, a_change_on_one_node_is_seen_on_the_other)
{
    keep(a, "old", find(a));
    keep(b, "old", find(b));
    EXPECT_EQ(*find(a).json, "old");
    EXPECT_EQ(*find(b).json, "old");
    for (int round = 0; round < 50; ++round) {
        drop(round % 2 == 0 ? a : b);
        EXPECT_FALSE(find(a).json);
        EXPECT_FALSE(find(b).json);
        keep(a, "new", find(a));
        keep(b, "new", find(b));
        EXPECT_EQ(*find(b).json, "new");
    }
}

TEST_F(SharedRoomLists, what_was_read_before_a_change_elsewhere_is_not_given_out)
{
    auto const missed = find(a);
    drop(b); // Somebody wrote while we were reading.
    keep(a, "old", missed);
    EXPECT_FALSE(find(a).json);
    auto const again = find(a);
    drop(a);
    keep(a, "old", again);
    EXPECT_FALSE(find(a).json);
}

TEST_F(SharedRoomLists, a_page_is_kept_for_thirty_seconds)
{
    keep(a, "page", find(a));
    seconds_later = 29;
    EXPECT_TRUE(find(a).json);
    seconds_later = 31;
    EXPECT_FALSE(find(a).json);
}

TEST_F(SharedRoomLists, with_redis_away_nothing_is_given_out_or_kept)
{
    keep(a, "page", find(a));
    server.kill();
    ASSERT_TRUE(are_down());
    auto const missed = find(a);
    EXPECT_FALSE(missed.json);
    EXPECT_FALSE(missed.may_keep);
    keep(a, "page", missed);
    drop(b);
    server.start();
    ASSERT_TRUE(are_up());
    EXPECT_FALSE(find(a).json); // Though no mark of the change is left in Redis.
    EXPECT_TRUE(find(a).may_keep);
}

// Only one node loses Redis, in the middle of a change; the other goes on giving out what it has until it is told.
TEST_F(SharedRoomLists, a_change_that_could_not_be_told_is_told_later)
{
    keep(b, "old", find(b));
    server.halt();
    a.loop.run(a.client.call(redis::command({"PING"}))); // Ends by its limit, and with it this connection.
    drop(a);
    server.resume();
    ASSERT_TRUE(are_up());
    find(a);
    EXPECT_TRUE(test::comes_true([&] { return !find(b).json; }));
}

} // namespace
} // namespace pollux::bus
