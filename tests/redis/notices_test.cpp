#include "bus/redis_notices.hpp"

#include "redis/redis_fixture.hpp"

namespace pollux::bus {
namespace {

using namespace std::chrono_literals;
using test::comes_true;

class RedisNoticesTest : public test::TwoNodes<RedisNotices> {
protected:
    using Node = test::Node<RedisNotices>;
    UserId const user{1};

    NoticeBatch look(Node& node, std::string after) { return node.loop.run(node.parts.read(user, std::move(after), {})); }
    std::future<NoticeBatch> wait(Node& node, std::string after)
    {
        return node.loop.start(node.parts.read(user, std::move(after), Steady::now() + test::patience), 1);
    }
    // From a coroutine's thread, as the rooms do.
    static asio::awaitable<bool> publish_in(RedisNotices* notices, UserId user, int first, int count)
    {
        for (int number = first; number < first + count; ++number) notices->publish(user, "room", std::to_string(number));
        co_return true;
    }
    void publish(Node& node, int first, int count = 1) { node.loop.run(publish_in(&node.parts, user, first, count)); }
    std::int64_t last() { return std::atoll(server.ask({"HGET", "pollux:notices:{1}", "last"})->text.c_str()); }
};

std::vector<std::string> jsons(NoticeBatch const& batch)
{
    std::vector<std::string> all;
    for (auto const& notice : batch.notices) all.push_back(notice.json);
    return all;
}

TEST_F(RedisNoticesTest, any_node_understands_the_ids_of_another)
{
    auto const start = look(a, "");
    EXPECT_FALSE(start.is_reset);
    EXPECT_TRUE(start.notices.empty());
    publish(a, 1);
    publish(b, 2);
    ASSERT_TRUE(comes_true([&] { return last() == 2; }));
    auto const both = look(b, start.last_id);
    EXPECT_FALSE(both.is_reset);
    ASSERT_EQ(both.notices.size(), 2u);
    EXPECT_EQ(both.notices[0].name, "room");
    auto const second = look(a, both.notices[0].id);
    EXPECT_EQ(jsons(second), (std::vector<std::string>{both.notices[1].json}));
    EXPECT_EQ(second.last_id, both.last_id);
    EXPECT_TRUE(look(b, second.last_id).notices.empty());
    EXPECT_TRUE(look(b, "").notices.empty()); // Starts now.
}

TEST_F(RedisNoticesTest, a_waiting_reader_elsewhere_is_told_at_once)
{
    auto const start = look(b, "");
    for (int round = 1; round <= 20; ++round) {
        auto const place = look(b, "").last_id;
        auto waiting = wait(b, place);
        publish(a, round);
        EXPECT_EQ(jsons(waiting.get()), std::vector<std::string>{std::to_string(round)});
    }
    EXPECT_EQ(look(b, start.last_id).notices.size(), 20u);
}

TEST_F(RedisNoticesTest, unknown_ids_are_answered_with_reset)
{
    auto const start = look(a, "");
    for (auto const* id : {"x", "-", "abc-1", "-5", "abc-", "abc--1", "abc-99999999999999999999"}) EXPECT_TRUE(look(a, id).is_reset) << id;
    auto const later = start.last_id.substr(0, start.last_id.size() - 1) + "7";
    EXPECT_TRUE(look(a, later).is_reset); // Of its epoch, and never given out.
    publish(a, 1, 1'001);
    ASSERT_TRUE(comes_true([&] { return last() == 1'001; }));
    EXPECT_TRUE(look(b, start.last_id).is_reset); // The first one is not kept any more.

    server.ask({"FLUSHALL"});
    auto const lost = look(b, start.last_id);
    EXPECT_TRUE(lost.is_reset);
    EXPECT_FALSE(look(a, lost.last_id).is_reset);
}

TEST_F(RedisNoticesTest, much_comes_in_pieces)
{
    auto place = look(a, "").last_id;
    publish(a, 1, 500);
    ASSERT_TRUE(comes_true([&] { return last() == 500; }));
    std::vector<std::string> all;
    for (int reads = 0; reads < 3; ++reads) {
        auto const batch = look(b, place);
        place = batch.last_id;
        for (auto const& json : jsons(batch)) all.push_back(json);
    }
    ASSERT_EQ(all.size(), 500u);
    EXPECT_EQ(all.front(), "1");
    EXPECT_EQ(all.back(), "500");
}

TEST_F(RedisNoticesTest, with_redis_away_each_node_has_its_own_and_who_changes_fetches_anew)
{
    auto const start = look(a, "");
    server.kill();
    ASSERT_TRUE(are_down());
    auto const alone = look(a, start.last_id);
    EXPECT_TRUE(alone.is_reset);
    auto waiting = wait(a, alone.last_id);
    publish(a, 5);
    auto const heard = waiting.get();
    EXPECT_EQ(jsons(heard), std::vector<std::string>{"5"});

    server.start();
    ASSERT_TRUE(are_up());
    auto const back = look(a, heard.last_id);
    EXPECT_TRUE(back.is_reset);
    publish(b, 6);
    ASSERT_TRUE(comes_true([&] { return last() == 1; }));
    EXPECT_EQ(jsons(look(a, back.last_id)), std::vector<std::string>{"6"});

    server.ask({"CONFIG", "SET", "maxmemory", "1"}); // Full: as good as away.
    EXPECT_TRUE(look(a, "gone-1").is_reset);
}

TEST_F(RedisNoticesTest, a_stop_frees_who_waits)
{
    auto waiting = wait(a, look(a, "").last_id);
    a.parts.close();
    EXPECT_TRUE(waiting.get().is_closed);
}

} // namespace
} // namespace pollux::bus
