#include "chat/replies/reply_writer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

class RecordingFeed final : public ReplyFeed {
public:
    asio::awaitable<void> begin(UserId, MessageId, std::int64_t attempt, std::string) override
    {
        attempts.push_back(attempt);
        co_return;
    }
    asio::awaitable<void> append(MessageId, std::int64_t attempt, std::string text, std::string thoughts) override
    {
        EXPECT_EQ(attempt, attempts.back());
        pieces.push_back(text + "|" + thoughts);
        co_return;
    }
    asio::awaitable<void> cite(MessageId, std::int64_t, std::string json) override
    {
        pieces.push_back(json);
        co_return;
    }
    asio::awaitable<void> end(MessageId, std::int64_t) override { co_return; }
    asio::awaitable<void> pause(MessageId, std::int64_t) override { co_return; }
    asio::awaitable<FeedNews> read(UserId, MessageId, FeedPosition, Steady::time_point) override { co_return FeedNews{}; }
    void close() override {}

    std::vector<std::int64_t> attempts;
    std::vector<std::string> pieces;
};

class ReplyWriterTest : public ::testing::Test {
protected:
    ReplyWriterTest()
    {
        asio::co_spawn(io, writer.begin(1, "model"), asio::detached);
        io.run();
        io.restart();
        writer.open();
        asio::co_spawn(io, writer.run(), [this](std::exception_ptr failure) { has_ended = !failure; });
        io.poll();
    }

    asio::io_context io;
    RecordingFeed feed;
    ReplyWriter writer{feed, io.get_executor(), UserId{1}, MessageId{1}};
    bool has_ended = false;
};

using Pieces = std::vector<std::string>;

TEST_F(ReplyWriterTest, passes_the_first_piece_on_at_once)
{
    writer.add_text("first");
    io.poll();
    EXPECT_EQ(feed.pieces, Pieces{"first|"});
}

TEST_F(ReplyWriterTest, passes_on_together_what_comes_soon_after)
{
    writer.add_text("first");
    io.poll();
    writer.add_text("a");
    writer.add_thoughts("b");
    writer.set_citations("[old]");
    writer.set_citations("[new]");
    writer.add_text("c");
    while (feed.pieces.size() < 3) io.run_one();
    EXPECT_EQ(feed.pieces, (Pieces{"first|", "ac|b", "[new]"}));
}

TEST_F(ReplyWriterTest, passes_on_the_rest_when_it_is_closed)
{
    writer.add_text("first");
    io.poll();
    writer.add_text("last");
    writer.close();
    io.run();
    EXPECT_TRUE(has_ended);
    EXPECT_EQ(feed.pieces, (Pieces{"first|", "last|"}));
}

TEST_F(ReplyWriterTest, may_be_closed_before_it_runs)
{
    writer.close();
    io.run();
    EXPECT_TRUE(has_ended);
    io.restart();
    has_ended = false;
    writer.open();
    writer.add_text("again");
    writer.close();
    asio::co_spawn(io, writer.run(), [this](std::exception_ptr failure) { has_ended = !failure; });
    io.run();
    EXPECT_TRUE(has_ended);
    EXPECT_EQ(feed.pieces, Pieces{"again|"});
}

} // namespace
} // namespace pollux::chat
