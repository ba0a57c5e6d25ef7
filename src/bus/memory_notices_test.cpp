#include "bus/memory_notices.hpp"

#include "base/secrets.hpp"
#include "net/runtime.hpp"
#include "support/test_loop.hpp"

#include <gtest/gtest.h>

namespace pollux::bus {
namespace {

using namespace std::chrono_literals;

constexpr UserId user{3};
constexpr auto at_once = Steady::time_point::min();

class NoticesTest : public testing::Test {
protected:
    NoticesTest() { prepare_secrets(); }

    NoticeBatch read(std::string after, UserId reader = user) { return loop.run(notices.read(reader, std::move(after), at_once)); }

    static std::string numbers(NoticeBatch const& batch)
    {
        std::string line;
        for (auto const& notice : batch.notices) line += notice.json + " ";
        return line;
    }

    void publish(int from, int to)
    {
        for (int number = from; number <= to; ++number) notices.publish(user, "message", std::to_string(number));
    }

    NoticeBatch read_while(std::string after, asio::awaitable<void> change)
    {
        NoticeBatch batch;
        std::vector<asio::awaitable<void>> both;
        both.push_back(read_into(notices, std::move(after), batch));
        both.push_back(std::move(change));
        loop.run_all(std::move(both));
        return batch;
    }

    static asio::awaitable<void> read_into(Notices& notices, std::string after, NoticeBatch& out)
    {
        out = co_await notices.read(user, std::move(after), Steady::now() + 60s);
    }
    static asio::awaitable<void> publish_one(Notices& notices, UserId to)
    {
        notices.publish(to, "room", "{}");
        co_return;
    }
    static asio::awaitable<void> close(Notices& notices)
    {
        notices.close();
        co_return;
    }

    Steady::time_point now{1'000s};
    test::TestLoop loop;
    MemoryNotices notices{{}, [this] { return now; }};
};

TEST_F(NoticesTest, start_now_and_go_on)
{
    publish(1, 3);
    auto batch = read("");
    EXPECT_FALSE(batch.is_reset);
    EXPECT_EQ(numbers(batch), "");
    publish(4, 6);
    batch = read(batch.last_id);
    EXPECT_EQ(numbers(batch), "4 5 6 ");
    EXPECT_EQ(batch.notices[0].name, "message");
    EXPECT_EQ(numbers(read(batch.notices[0].id)), "5 6 ");
    EXPECT_EQ(numbers(read(batch.last_id)), "");
}

TEST_F(NoticesTest, users_are_apart)
{
    auto mine = read("").last_id;
    auto others = read("", UserId{67}).last_id; // Of the same shard.
    notices.publish(UserId{67}, "room", "theirs");
    EXPECT_EQ(numbers(read(mine)), "");
    EXPECT_EQ(numbers(read(others, UserId{67})), "theirs ");
}

TEST_F(NoticesTest, unknown_ids_are_reset)
{
    publish(1, 1);
    auto last = read("").last_id;
    auto epoch = last.substr(0, last.find('-'));
    MemoryNotices earlier_process;
    auto other = loop.run(earlier_process.read(user, "", at_once)).last_id;
    for (auto const& id :
         {std::string("junk"), std::string("-"), epoch, epoch + "-", epoch + "-x", epoch + "--1", epoch + "-0", epoch + "-999", other}) {
        auto batch = read(id);
        EXPECT_TRUE(batch.is_reset) << id;
        EXPECT_TRUE(batch.notices.empty()) << id;
        EXPECT_EQ(batch.last_id, last);
        EXPECT_FALSE(read(batch.last_id).is_reset);
    }
}

TEST_F(NoticesTest, a_thousand_are_kept)
{
    auto start = read("").last_id;
    publish(1, 1'000);
    EXPECT_FALSE(read(start).is_reset);
    publish(1'001, 1'001);
    EXPECT_TRUE(read(start).is_reset);
    std::size_t count = 0;
    auto batch = read("");
    publish(1, 1'000);
    do {
        batch = read(batch.last_id);
        count += batch.notices.size();
    } while (!batch.notices.empty());
    EXPECT_EQ(count, 1'000u);
}

TEST_F(NoticesTest, five_minutes_are_kept)
{
    auto start = read("").last_id;
    publish(1, 1);
    auto first = read(start).last_id;
    now += 200s;
    publish(2, 2);
    now += 99s;
    EXPECT_EQ(numbers(read(start)), "1 2 ");
    now += 1s;
    EXPECT_TRUE(read(start).is_reset);
    EXPECT_EQ(numbers(read(first)), "2 ");
    EXPECT_EQ(notices.users(), 1u);
    now += 200s;
    EXPECT_TRUE(read(start).is_reset);
    EXPECT_EQ(notices.users(), 0u);
    EXPECT_TRUE(read(first).is_reset) << "2 came after it and is gone";
    publish(3, 3);
    EXPECT_TRUE(read(first).is_reset) << "and is still gone when the user is known again";
}

TEST_F(NoticesTest, their_number_is_bounded)
{
    MemoryNotices few{{.total_max = 6'400}, [this] { return now; }};
    auto start = loop.run(few.read(user, "", at_once)).last_id;
    few.publish(user, "room", "{}");
    for (std::int64_t id = 1'000; id < 21'000; ++id) few.publish(UserId{id}, "room", "{}");
    EXPECT_LE(few.users(), 6'400u + 128u);
    EXPECT_TRUE(loop.run(few.read(user, start, at_once)).is_reset);
}

TEST_F(NoticesTest, their_bytes_are_bounded)
{
    std::string const large(500'000, 'x');
    auto start = read("").last_id;
    for (int count = 0; count < 2; ++count) notices.publish(user, "message", large);
    EXPECT_FALSE(read(start).is_reset);
    notices.publish(user, "message", large);
    EXPECT_TRUE(read(start).is_reset);

    start = read("").last_id;
    publish(1, 1);
    for (std::int64_t other = 1; other < 12; ++other) notices.publish({user.value + other * 64}, "message", large); // Of the same shard.
    EXPECT_TRUE(read(start).is_reset);
}

TEST_F(NoticesTest, publish_wakes_who_waits)
{
    auto start = read("").last_id;
    EXPECT_EQ(read_while("", publish_one(notices, user)).notices.size(), 1u);
    EXPECT_EQ(read_while(read("").last_id, publish_one(notices, user)).notices.size(), 1u);
    EXPECT_EQ(read(start).notices.size(), 2u);
}

TEST_F(NoticesTest, close_ends_every_read)
{
    EXPECT_TRUE(read_while("", close(notices)).is_closed);
    EXPECT_TRUE(loop.run(notices.read(user, "", Steady::now() + 60s)).is_closed);
}

TEST_F(NoticesTest, a_reader_that_only_waited_leaves_nothing_behind)
{
    auto start = loop.run(notices.read(user, "", Steady::now() + 1ms)).last_id;
    EXPECT_EQ(notices.users(), 0u);
    EXPECT_FALSE(read(start).is_reset);
}

asio::awaitable<void> publish_many(Notices& notices, UserId to, int count)
{
    for (int number = 0; number < count; ++number) {
        notices.publish(to, "message", std::to_string(number));
        auto executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
    }
}

asio::awaitable<void> read_many(Notices& notices, UserId from, std::string after, int count, std::string& joined)
{
    while (count > 0) {
        auto batch = co_await notices.read(from, after, Steady::now() + 60s);
        if (batch.is_reset) throw std::logic_error("reset");
        for (auto const& notice : batch.notices) {
            joined += notice.json + " ";
            --count;
        }
        after = batch.last_id;
    }
}

TEST(NoticesThreads, every_reader_gets_each_notice_once_in_order)
{
    prepare_secrets();
    constexpr int count = 200;
    constexpr std::size_t readers = 40;
    std::string expected;
    for (int number = 0; number < count; ++number) expected += std::to_string(number) + " ";

    MemoryNotices notices;
    test::TestLoop loop;
    auto start = loop.run(notices.read(user, "", at_once)).last_id;
    std::vector<std::string> joined(readers);
    std::atomic<int> failures = 0;
    net::Runtime runtime(3);
    net::TaskGroup tasks([&](std::exception_ptr) { ++failures; });
    for (std::size_t index = 0; index < readers; ++index) {
        UserId from{static_cast<std::int64_t>(index / 4 + 1)};
        tasks.spawn(runtime.next_executor(), read_many(notices, from, start, count, joined[index]));
    }
    for (std::size_t index = 0; index < readers / 4; ++index) {
        tasks.spawn(runtime.next_executor(), publish_many(notices, UserId{static_cast<std::int64_t>(index + 1)}, count));
    }
    runtime.start();
    EXPECT_TRUE(tasks.wait(60s));
    runtime.stop();
    EXPECT_EQ(failures, 0);
    for (auto const& text : joined) EXPECT_EQ(text, expected);
}

} // namespace
} // namespace pollux::bus
