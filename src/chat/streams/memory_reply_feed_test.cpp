#include "chat/streams/memory_reply_feed.hpp"

#include "base/literals.hpp"
#include "net/runtime.hpp"
#include "support/test_loop.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

using namespace std::chrono_literals;
using State = FeedNews::State;

constexpr MessageId reply{8};
constexpr auto at_once = Steady::time_point::min();

class ReplyFeedTest : public testing::Test {
protected:
    FeedNews read(FeedPosition seen = {}) { return loop.run(feed.read(UserId{1}, reply, seen, at_once)); }
    void begin(std::int64_t attempt) { loop.run(feed.begin(UserId{1}, reply, attempt, "demo")); }
    void append(std::int64_t attempt, std::string text, std::string thoughts = {})
    {
        loop.run(feed.append(reply, attempt, std::move(text), std::move(thoughts)));
    }
    void end(std::int64_t attempt) { loop.run(feed.end(reply, attempt)); }

    // A reader that waits (far longer than a test may last) while `change` happens.
    FeedNews read_while(FeedPosition seen, asio::awaitable<void> change)
    {
        FeedNews news;
        std::vector<asio::awaitable<void>> both;
        both.push_back(read_into(feed, seen, news));
        both.push_back(std::move(change));
        loop.run_all(std::move(both));
        return news;
    }

    static asio::awaitable<void> read_into(ReplyFeed& feed, FeedPosition seen, FeedNews& out)
    {
        out = co_await feed.read(UserId{1}, reply, seen, Steady::now() + 60s);
    }

    Steady::time_point now{1'000s};
    test::TestLoop loop;
    MemoryReplyFeed feed{{.ended_kept = 5s, .ended_max = 640, .written_max = 6'400}, [this] { return now; }};
};

TEST(ReplyFeedBytes, a_reply_that_goes_over_the_limit_has_no_feed_any_more)
{
    test::TestLoop loop;
    MemoryReplyFeed feed{{.bytes_max = 10}};
    auto const state = [&](MessageId of) { return loop.run(feed.read(UserId{1}, of, {}, at_once)).state; };
    for (MessageId const each : {MessageId{1}, MessageId{2}}) {
        loop.run(feed.begin(UserId{1}, each, 1, "demo"));
        loop.run(feed.append(each, 1, "1234", "5"));
    }
    EXPECT_EQ(feed.bytes(), 10u);
    loop.run(feed.append(MessageId{2}, 1, "6", ""));
    EXPECT_EQ(state(MessageId{2}), State::absent) << "readers use the database";
    EXPECT_EQ(state(MessageId{1}), State::streaming);
    EXPECT_EQ(feed.bytes(), 5u);
    loop.run(feed.pause(MessageId{1}, 1));
    EXPECT_EQ(feed.bytes(), 0u);
}

TEST_F(ReplyFeedTest, gives_what_came_after_the_position)
{
    EXPECT_EQ(read().state, State::absent);
    begin(1);
    auto news = read();
    EXPECT_EQ(news.state, State::streaming);
    EXPECT_EQ(news.attempt, 1);
    EXPECT_EQ(news.model, "demo");
    append(1, "abc", "hm");
    news = read(news.position);
    EXPECT_EQ(news.text, "abc");
    EXPECT_EQ(news.thoughts, "hm");
    loop.run(feed.cite(reply, 1, "[1]"));
    append(1, "de");
    news = read(news.position);
    EXPECT_EQ(news.text, "de");
    EXPECT_EQ(news.thoughts, "");
    EXPECT_EQ(news.citations_json, "[1]");
    news = read(news.position);
    EXPECT_EQ(news.state, State::streaming);
    EXPECT_EQ(news.text + news.citations_json, "");
    news = read({.attempt = 1, .text_bytes = 1, .thought_bytes = 1});
    EXPECT_EQ(news.text, "bcde");
    EXPECT_EQ(news.thoughts, "m");
}

TEST_F(ReplyFeedTest, another_attempt_is_given_from_its_beginning)
{
    begin(1);
    append(1, "old");
    begin(2);
    append(2, "new text");
    append(1, "late");
    auto news = read({.attempt = 1, .text_bytes = 3});
    EXPECT_EQ(news.attempt, 2);
    EXPECT_EQ(news.text, "new text");
    begin(1); // A worker that lost its lease long ago.
    EXPECT_EQ(read({.attempt = 2}).text, "new text");
    EXPECT_EQ(read({.attempt = 3, .text_bytes = 1}).state, State::absent); // Here is nothing new for this reader.
}

TEST_F(ReplyFeedTest, a_write_without_its_beginning_is_dropped)
{
    append(1, "the second half");
    EXPECT_EQ(read().state, State::absent);
    end(1);
    EXPECT_EQ(feed.size(), 0u);
}

TEST_F(ReplyFeedTest, a_position_beyond_the_text_waits_for_it)
{
    begin(1);
    append(1, "abc");
    auto news = read({.attempt = 1, .text_bytes = 5});
    EXPECT_EQ(news.state, State::streaming);
    EXPECT_EQ(news.text, "");
    EXPECT_EQ(read_while({.attempt = 1, .text_bytes = 5}, feed.append(reply, 1, "defg", "")).text, "fg");
}

TEST_F(ReplyFeedTest, ended_is_kept_for_a_while)
{
    begin(1);
    append(1, "abc");
    end(1);
    auto news = read({.attempt = 1, .text_bytes = 1});
    EXPECT_EQ(news.state, State::ended);
    EXPECT_EQ(news.text, "bc");
    EXPECT_EQ(read(news.position).state, State::ended);
    now += 4'999ms;
    EXPECT_EQ(read().state, State::ended);
    now += 1ms;
    EXPECT_EQ(read().state, State::absent);
    EXPECT_EQ(feed.size(), 0u);
}

TEST_F(ReplyFeedTest, the_number_of_replies_is_bounded)
{
    for (std::int64_t id = 1; id <= 2'000; ++id) {
        loop.run(feed.begin(UserId{1}, MessageId{id}, 1, "demo"));
        loop.run(feed.end(MessageId{id}, 1));
    }
    EXPECT_LE(feed.size(), 640u + 128u);
    for (std::int64_t id = 30'000; id < 38'000; ++id) loop.run(feed.begin(UserId{1}, MessageId{id}, 1, "demo"));
    EXPECT_LE(feed.size(), 6'400u + 640u + 256u);
    for (std::int64_t id = 30'000; id < 38'000; ++id) loop.run(feed.end(MessageId{id}, 1));
    loop.run(feed.begin(UserId{1}, MessageId{60'000}, 1, "demo")); // What ended has made room.
    EXPECT_EQ(loop.run(feed.read(UserId{1}, MessageId{60'000}, {}, at_once)).state, State::streaming);
}

TEST_F(ReplyFeedTest, large_news_come_in_pieces_cut_between_characters)
{
    std::string text = "a";
    while (text.size() < 200'000) text += "世";
    begin(1);
    append(1, text);
    end(1);
    std::string joined;
    FeedNews news;
    for (int pieces = 0; news.state != State::ended; ++pieces) {
        ASSERT_LT(pieces, 5);
        news = read(news.position);
        EXPECT_LE(news.text.size(), 64_KiB);
        joined += news.text;
    }
    EXPECT_EQ(joined, text);
}

TEST_F(ReplyFeedTest, each_change_wakes_who_waits)
{
    EXPECT_EQ(read_while({}, feed.begin(UserId{1}, reply, 1, "demo")).attempt, 1);
    EXPECT_EQ(read_while({.attempt = 1}, feed.append(reply, 1, "abc", "")).text, "abc");
    FeedPosition seen{.attempt = 1, .text_bytes = 3};
    EXPECT_EQ(read_while(seen, feed.append(reply, 1, "", "hm")).thoughts, "hm");
    seen.thought_bytes = 2;
    EXPECT_EQ(read_while(seen, feed.cite(reply, 1, "[]")).citations_json, "[]");
    seen.citations_version = 1;
    EXPECT_EQ(read_while(seen, feed.begin(UserId{1}, reply, 2, "demo")).attempt, 2);
    EXPECT_EQ(read_while({.attempt = 2}, feed.end(reply, 2)).state, State::ended);
}

TEST_F(ReplyFeedTest, pause_gives_the_text_up_and_wakes_who_waits)
{
    begin(1);
    append(1, "abc");
    auto news = read_while({.attempt = 1, .text_bytes = 3}, feed.pause(reply, 1));
    EXPECT_EQ(news.state, State::absent);
    EXPECT_EQ(news.position.text_bytes, 3u);
    EXPECT_EQ(feed.size(), 0u);
    EXPECT_EQ(read_while({.attempt = 1, .text_bytes = 3}, feed.begin(UserId{1}, reply, 2, "demo")).attempt, 2);
}

TEST_F(ReplyFeedTest, an_end_that_was_not_written_here_wakes_who_waits)
{
    EXPECT_EQ(read_while({}, feed.end(reply, 0)).state, State::absent); // Stopped while it was queued.
    begin(1);
    append(1, "abc");
    EXPECT_EQ(read_while({.attempt = 1, .text_bytes = 3}, feed.end(reply, 2)).state, State::absent); // Given up by another claim.
    EXPECT_EQ(read({.attempt = 1}).state, State::absent);
    EXPECT_EQ(feed.size(), 0u);
}

TEST_F(ReplyFeedTest, a_reader_that_only_waited_leaves_nothing_behind)
{
    EXPECT_EQ(loop.run(feed.read(UserId{1}, reply, {}, Steady::now() + 1ms)).state, State::absent);
    EXPECT_EQ(feed.size(), 0u);
    {
        test::TestLoop other;
        asio::co_spawn(other.context(), feed.read(UserId{1}, reply, {}, Steady::now() + 60s), [](std::exception_ptr, FeedNews) {});
        other.context().poll();
        EXPECT_EQ(feed.size(), 1u);
    } // Destroyed while it waits, as at a stop.
    EXPECT_EQ(feed.size(), 0u);
}

asio::awaitable<void> close(ReplyFeed& feed)
{
    feed.close();
    co_return;
}

TEST_F(ReplyFeedTest, close_ends_every_read)
{
    EXPECT_EQ(read_while({}, close(feed)).state, State::closed);
    EXPECT_EQ(loop.run(feed.read(UserId{1}, reply, {}, Steady::now() + 60s)).state, State::closed);
}

// Writers and readers on all threads, several attempts a reply. For the thread sanitizer as well.
constexpr std::int64_t attempts = 3;
constexpr int parts = 40;

asio::awaitable<void> write_reply(ReplyFeed& feed, MessageId id)
{
    for (std::int64_t attempt = 1; attempt <= attempts; ++attempt) {
        co_await feed.begin(UserId{1}, id, attempt, "demo");
        for (int part = 0; part < parts; ++part) {
            std::string text = std::to_string(attempt) + ":" + std::to_string(part) + " ";
            std::string thoughts = part % 8 == 0 ? "hm" : "";
            co_await feed.append(id, attempt, std::move(text), std::move(thoughts));
            auto executor = co_await asio::this_coro::executor;
            co_await asio::post(executor, asio::use_awaitable);
        }
    }
    co_await feed.end(id, attempts);
}

asio::awaitable<void> read_reply(ReplyFeed& feed, MessageId id, std::string& joined)
{
    FeedNews news;
    while (news.state != State::ended) {
        auto attempt = news.attempt;
        news = co_await feed.read(UserId{1}, id, news.position, Steady::now() + 60s);
        if (news.attempt != attempt) joined.clear();
        joined += news.text;
    }
}

TEST(ReplyFeedThreads, every_reader_joins_the_whole_text)
{
    std::string expected;
    for (int part = 0; part < parts; ++part) expected += std::to_string(attempts) + ":" + std::to_string(part) + " ";

    MemoryReplyFeed feed;
    constexpr std::size_t replies = 50;
    constexpr std::size_t readers_each = 4;
    std::vector<std::string> joined(replies * readers_each);
    std::atomic<int> failures = 0;
    net::Runtime runtime(3);
    net::TaskGroup tasks([&](std::exception_ptr) { ++failures; });
    for (std::size_t index = 0; index < joined.size(); ++index) {
        MessageId id{static_cast<std::int64_t>(index / readers_each + 1)};
        tasks.spawn(runtime.next_executor(), read_reply(feed, id, joined[index]));
    }
    for (std::size_t index = 0; index < replies; ++index) {
        tasks.spawn(runtime.next_executor(), write_reply(feed, MessageId{static_cast<std::int64_t>(index + 1)}));
    }
    runtime.start();
    ASSERT_TRUE(tasks.wait(60s));
    runtime.stop();
    EXPECT_EQ(failures, 0);
    for (auto const& text : joined) EXPECT_EQ(text, expected);
    EXPECT_EQ(feed.size(), replies);
}

} // namespace
} // namespace pollux::chat
