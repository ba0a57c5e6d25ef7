#include "chat/streams/reply_stream.hpp"

#include "base/unavailable.hpp"
#include "chat/streams/memory_reply_feed.hpp"
#include "support/kept_reply.hpp"
#include "support/reply_reader.hpp"
#include "support/test_loop.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

using namespace std::chrono_literals;
using test::Kept;
using test::load_from;
using test::parse_events;
using test::reply;

class ReplyStreamTest : public testing::Test {
protected:
    LoadMessage load()
    {
        return [this] { return load_from(kept); };
    }

    Result<std::unique_ptr<http::EventStream>> open(std::optional<std::string> last_event_id = {}, ReplyPace pace = {})
    {
        std::optional<EventId> resume_from;
        if (last_event_id) {
            auto const id = parse_event_id(*last_event_id);
            if (!id) return id.error();
            resume_from = *id;
        }
        return loop.run(open_reply_stream(feed, UserId{1}, reply, load(), resume_from, pace));
    }

    void finish(std::string text, std::int64_t attempt)
    {
        kept.message.content = std::move(text);
        kept.message.attempt = attempt;
        kept.message.status = MessageStatus::completed;
    }

    // Everything up to the end of the stream.
    std::string read_all(http::EventStream& stream)
    {
        std::string all;
        while (auto bytes = loop.run(stream.next(Steady::now() + 60s))) all += *bytes;
        return all;
    }

    std::string outline(std::string const& bytes)
    {
        std::string line;
        for (auto const& event : parse_events(bytes)) line += (line.empty() ? "" : " ") + event.name + " " + event.id;
        return line;
    }

    test::TestLoop loop;
    MemoryReplyFeed feed;
    Kept kept;
};

TEST_F(ReplyStreamTest, refuses_what_never_was_an_id)
{
    finish("aé", 1);
    for (auto const* id : {"junk", "", "1-2", "1-0-0-0"}) {
        auto stream = open(id);
        ASSERT_FALSE(stream) << id;
        EXPECT_EQ(stream.error().code(), "bad_event_id");
        EXPECT_EQ(stream.error().kind(), ErrorKind::malformed);
    }
    kept.message.status = MessageStatus::streaming;
    kept.message.content.clear();
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    loop.run(feed.append(reply, 1, "aé", ""));
    EXPECT_FALSE(open("1-2")) << "inside a character of what the feed has";
    EXPECT_TRUE(open("1-3"));
}

TEST_F(ReplyStreamTest, what_is_not_a_reply_is_not_found)
{
    kept.message.role = MessageRole::user;
    EXPECT_EQ(open().error().code(), "message_not_found");
    kept.is_deleted = true;
    EXPECT_EQ(open().error().code(), "room_not_found");
}

TEST_F(ReplyStreamTest, after_the_end_there_is_nothing)
{
    finish("text", 2);
    auto stream = open("2-end");
    ASSERT_TRUE(stream);
    EXPECT_EQ(stream->get(), nullptr);
}

TEST_F(ReplyStreamTest, a_finished_reply_is_read_from_the_database_once)
{
    finish("text", 2);
    auto stream = open().value();
    EXPECT_EQ(outline(read_all(*stream)), "start 2-0 delta 2-4 done 2-end");
    EXPECT_EQ(kept.loads, 1);
}

TEST_F(ReplyStreamTest, the_accepted_event_comes_first)
{
    finish("text", 1);
    auto stream = make_accepted_stream(feed, UserId{1}, kept.message, load(), R"({"message":{}})");
    auto first = *loop.run(stream->next(Steady::now() + 60s));
    EXPECT_EQ(first, "event: accepted\nid: 0-0\ndata: {\"message\":{}}\n\n");
    EXPECT_EQ(outline(read_all(*stream)), "start 1-0 delta 1-4 done 1-end");
    EXPECT_EQ(kept.loads, 0);
}

TEST_F(ReplyStreamTest, follows_the_feed_and_ends_with_the_database)
{
    auto stream = open().value();
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    EXPECT_EQ(outline(*loop.run(stream->next(Steady::now() + 60s))), "start 1-0");
    loop.run(feed.append(reply, 1, "abc", ""));
    EXPECT_EQ(outline(*loop.run(stream->next(Steady::now() + 60s))), "delta 1-3");
    loop.run(feed.append(reply, 1, "de", ""));
    finish("abcde", 1);
    loop.run(feed.end(reply, 1));
    EXPECT_EQ(outline(read_all(*stream)), "delta 1-5 done 1-end");
    EXPECT_EQ(kept.loads, 2);
}

TEST_F(ReplyStreamTest, a_slow_reader_gets_what_it_missed_in_one_piece)
{
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    auto stream = open().value();
    std::string text;
    for (int part = 0; part < 500; ++part) {
        loop.run(feed.append(reply, 1, "part ", ""));
        text += "part ";
    }
    EXPECT_EQ(outline(*loop.run(stream->next(Steady::now() + 60s))), "start 1-0 delta 1-2500");
}

TEST_F(ReplyStreamTest, nothing_new_is_empty_at_the_given_time)
{
    auto stream = open().value();
    EXPECT_EQ(loop.run(stream->next(Steady::now())), "");
    EXPECT_EQ(loop.run(stream->next(Steady::now() + 1ms)), "");
    EXPECT_EQ(kept.loads, 1);
}

TEST_F(ReplyStreamTest, a_lost_feed_or_wake_up_only_delays)
{
    auto stream = open(std::nullopt, {.silence_absent_max = 1ms}).value();
    kept.commits_at_load = 4;
    kept.message.attempt = 1;
    kept.message.content = "text";
    EXPECT_EQ(outline(read_all(*stream)), "start 1-0 delta 1-4 done 1-end");
    EXPECT_EQ(kept.loads, 4);
}

asio::awaitable<void> next_of(http::EventStream& stream, std::optional<std::string>& out)
{
    out = co_await stream.next(Steady::now() + 10s);
}

// Stopped or deleted while it was queued: nobody ever wrote into the feed, but its end is told.
TEST_F(ReplyStreamTest, an_end_without_a_beginning_is_looked_at_at_once)
{
    auto stream = open(std::nullopt, {.silence_absent_max = 60s}).value();
    std::optional<std::string> bytes;
    finish("", 0);
    std::vector<asio::awaitable<void>> both;
    both.push_back(next_of(*stream, bytes));
    both.push_back(feed.end(reply, 0));
    loop.run_all(std::move(both));
    EXPECT_EQ(outline(bytes.value()), "start 0-0 done 0-end");
}

TEST_F(ReplyStreamTest, a_silent_feed_is_not_believed_for_ever)
{
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    loop.run(feed.append(reply, 1, "abc", ""));
    auto stream = open("1-3", {.silence_absent_max = 1ms, .silence_streaming_max = 1ms}).value();
    finish("abcdef", 1);
    EXPECT_EQ(outline(read_all(*stream)), "delta 1-6 done 1-end");
}

TEST_F(ReplyStreamTest, an_end_before_its_commit_is_visible_is_waited_for)
{
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    loop.run(feed.end(reply, 1));
    auto stream = open().value();
    kept.commits_at_load = 3;
    kept.message.attempt = 1;
    kept.message.content = "text";
    EXPECT_EQ(outline(read_all(*stream)), "start 1-0 delta 1-4 done 1-end");
}

TEST_F(ReplyStreamTest, a_deleted_room_is_said)
{
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    auto stream = open().value();
    EXPECT_EQ(outline(*loop.run(stream->next(Steady::now() + 60s))), "start 1-0");
    kept.is_deleted = true;
    loop.run(feed.end(reply, 1));
    auto bytes = read_all(*stream);
    EXPECT_EQ(outline(bytes), "error 1-end");
    EXPECT_NE(bytes.find("room_deleted"), std::string::npos);
}

TEST_F(ReplyStreamTest, an_end_that_turned_out_none_is_a_restart)
{
    loop.run(feed.begin(UserId{1}, reply, 2, "demo"));
    loop.run(feed.append(reply, 2, "abc", ""));
    auto stream = open("2-end").value();
    EXPECT_EQ(outline(*loop.run(stream->next(Steady::now() + 60s))), "restart 2-0 delta 2-3");
}

TEST_F(ReplyStreamTest, a_stop_of_the_process_ends_the_stream_without_an_end)
{
    auto stream = open().value();
    feed.close();
    EXPECT_EQ(loop.run(stream->next(Steady::now() + 60s)), std::nullopt);
}

asio::awaitable<Result<Message>> load_nothing()
{
    throw std::runtime_error("the database is gone");
    co_return Message{};
}

TEST_F(ReplyStreamTest, an_accident_is_not_swallowed)
{
    auto stream = make_accepted_stream(feed, UserId{1}, kept.message, load_nothing, "{}", {.silence_absent_max = 1ms});
    EXPECT_EQ(outline(*loop.run(stream->next(Steady::now() + 60s))), "accepted 0-0");
    EXPECT_THROW(loop.run(stream->next(Steady::now() + 60s)), std::runtime_error);
}

// The database goes away, for some looks or for long.
asio::awaitable<Result<Message>> load_if_there(Kept& kept, int& looks_in_vain)
{
    if (looks_in_vain > 0) {
        --looks_in_vain;
        throw UnavailableError("the database is gone");
    }
    co_return kept.message;
}

TEST_F(ReplyStreamTest, a_database_that_is_gone_for_a_while_only_delays)
{
    int looks_in_vain = 0;
    auto load = [&] { return load_if_there(kept, looks_in_vain); };
    auto stream = make_accepted_stream(feed, UserId{1}, kept.message, load, "{}", {1ms, 1ms});
    EXPECT_EQ(parse_events(*loop.run(stream->next(Steady::now() + 60s))).front().name, "accepted");

    looks_in_vain = 3;
    EXPECT_EQ(loop.run(stream->next(Steady::now() + 20ms)), "") << "queued, and nothing can be read";
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    loop.run(feed.append(reply, 1, "abc", ""));
    looks_in_vain = 3;
    EXPECT_EQ(outline(*loop.run(stream->next(Steady::now() + 60s))), "start 1-0 delta 1-3");
    finish("abcdef", 1);
    loop.run(feed.end(reply, 1));
    EXPECT_EQ(outline(read_all(*stream)), "delta 1-6 done 1-end");
    EXPECT_EQ(looks_in_vain, 0) << "it was asked until it answered";
}

TEST_F(ReplyStreamTest, who_follows_what_cannot_be_read_has_what_was_known)
{
    int looks_in_vain = 1'000'000;
    ReplyFollower follower(feed, UserId{1}, kept.message, [&] { return load_if_there(kept, looks_in_vain); }, {1ms, 1ms});
    auto const step = loop.run(follower.next({}, Steady::now() + 20ms));
    loop.run(follower.look());
    EXPECT_EQ(step.outcome, ReplyFollower::Outcome::nothing);
    EXPECT_EQ(follower.reply().status, MessageStatus::queued);
    EXPECT_FALSE(follower.is_deleted());
}

TEST_F(ReplyStreamTest, tells_why_a_reply_waits_once_for_each_reason)
{
    kept.message.waiting = Waiting{};
    auto const stream = open(std::nullopt, {.silence_absent_max = 1ms, .silence_streaming_max = 1ms}).value();
    auto const read = [&](Steady::duration time) { return outline(*loop.run(stream->next(Steady::now() + time))); };
    EXPECT_EQ(*loop.run(stream->next(Steady::now() + 60s)), "event: waiting\nid: 0-0\ndata: {\"reason\":\"queue\",\"retry_at\":null}\n\n");
    EXPECT_EQ(read(20ms), "") << "it was told";
    kept.message.waiting = Waiting{WaitReason::model_unavailable, Time(std::chrono::hours(1))};
    EXPECT_EQ(*loop.run(stream->next(Steady::now() + 60s)),
              "event: waiting\nid: 0-0\ndata: {\"reason\":\"model_unavailable\",\"retry_at\":\"1970-01-01T01:00:00.000000Z\"}\n\n");
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    loop.run(feed.append(reply, 1, "abc", ""));
    EXPECT_EQ(read(60s), "start 1-0 delta 1-3");
    loop.run(feed.pause(reply, 1)); // For the same reason and until the same time, and yet another wait.
    EXPECT_EQ(read(60s), "waiting 1-3");
    finish("abcd", 1);
    EXPECT_EQ(outline(read_all(*stream)), "delta 1-4 done 1-end");
}

TEST_F(ReplyStreamTest, the_database_is_asked_only_when_the_feed_is_silent)
{
    loop.run(feed.begin(UserId{1}, reply, 1, "demo"));
    ReplyFollower follower(feed, UserId{1}, kept.message, load(), {60s, 60s});
    FeedPosition seen;
    for (int piece = 0; piece < 100; ++piece) {
        loop.run(feed.append(reply, 1, "abc", ""));
        seen = loop.run(follower.next(seen, Steady::now() + 60s)).news.position;
    }
    EXPECT_EQ(kept.loads, 0);
    finish("abc", 1);
    loop.run(feed.end(reply, 1));
    EXPECT_EQ(loop.run(follower.next(seen, Steady::now() + 60s)).outcome, ReplyFollower::Outcome::finished);
    EXPECT_EQ(kept.loads, 1);
}

} // namespace
} // namespace pollux::chat
