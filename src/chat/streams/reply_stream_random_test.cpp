#include "chat/streams/memory_reply_feed.hpp"
#include "chat/streams/reply_stream.hpp"
#include "support/kept_reply.hpp"
#include "support/reply_reader.hpp"
#include "support/test_loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <random>

namespace pollux::chat {
namespace {

using namespace std::chrono_literals;
using test::Kept;
using test::load_from;
using test::reply;
using test::ReplyReader;

asio::awaitable<void> yield()
{
    auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
}

// The real feed, a writer with lost attempts, pauses and a finish, and readers that are cut and come back: all at once on one loop.
asio::awaitable<void> write_randomly(ReplyFeed& feed, Kept& kept, std::mt19937_64& random)
{
    std::string text;
    std::string thoughts;
    std::int64_t attempt = 0;
    for (auto attempts = 1 + random() % 3; attempts > 0; --attempts) {
        attempt += 1;
        text.clear();
        thoughts.clear();
        kept.message.status = MessageStatus::streaming;
        kept.message.attempt = attempt;
        co_await feed.begin(UserId{1}, reply, attempt, "demo");
        for (auto parts = random() % 10; parts > 0; --parts) {
            std::string part = random() % 2 == 0 ? "word " : "世😀";
            std::string thought = random() % 4 == 0 ? "hm" : "";
            text += part;
            thoughts += thought;
            co_await feed.append(reply, attempt, std::move(part), std::move(thought));
            for (auto pause = random() % 3; pause > 0; --pause) co_await yield();
        }
        if (random() % 3 != 0) continue; // Else the job is put back.
        co_await feed.pause(reply, attempt);
        kept.message.status = MessageStatus::queued;
        co_await yield();
    }
    kept.message.content = text;
    kept.message.thoughts = thoughts;
    kept.message.status = random() % 4 == 0 ? MessageStatus::failed : MessageStatus::completed;
    if (random() % 4 != 0) co_await feed.end(reply, attempt); // Else the end is lost, or the feed was given up before.
}

asio::awaitable<void> read_randomly(ReplyFeed& feed, LoadMessage load, std::mt19937_64& random, ReplyReader& reader)
{
    ReplyPace const pace{.silence_absent_max = 1ms, .silence_streaming_max = 1ms};
    while (!reader.has_ended) {
        std::optional<EventId> last_id;
        if (!reader.last_id.empty()) last_id = parse_event_id(reader.last_id).value();
        auto opened = co_await open_reply_stream(feed, UserId{1}, reply, load, last_id, pace);
        auto stream = std::move(opened).value();
        if (!stream) throw std::logic_error("204 for a reader that has not seen the end");
        for (auto patience = 1 + random() % 6; patience > 0 && !reader.has_ended; --patience) {
            auto bytes = co_await stream->next(Steady::now() + 60s);
            if (!bytes) throw std::logic_error("the stream ended without an end");
            bool is_cut = random() % 4 == 0;
            reader.take_all(is_cut ? bytes->substr(0, random() % (bytes->size() + 1)) : *bytes);
            if (is_cut) break;
        }
    }
}

TEST(ReplyStreamOverTheFeed, joined_text_is_the_stored_text)
{
    auto seed = std::random_device{}();
    for (int round = 0; round < 500; ++round) {
        std::mt19937_64 random(seed + static_cast<std::uint64_t>(round));
        test::TestLoop loop;
        MemoryReplyFeed feed;
        Kept kept;
        std::vector<ReplyReader> readers(3);
        std::vector<asio::awaitable<void>> works;
        for (auto& reader : readers) works.push_back(read_randomly(feed, [&kept] { return load_from(kept); }, random, reader));
        works.push_back(write_randomly(feed, kept, random));
        loop.run_all(std::move(works));
        for (auto const& reader : readers) {
            ASSERT_EQ(reader.text, kept.message.content) << "seed " << seed << " round " << round;
            ASSERT_EQ(reader.thoughts, kept.message.thoughts) << "seed " << seed << " round " << round;
            ASSERT_EQ(reader.breaches, "") << "seed " << seed << " round " << round;
        }
    }
}

} // namespace
} // namespace pollux::chat
