#include "chat/streams/redis_reply_feed.hpp"

#include "base/literals.hpp"
#include "base/text.hpp"
#include "redis/redis_fixture.hpp"

namespace pollux::bus {
namespace {

using namespace std::chrono_literals;
using State = chat::FeedNews::State;
using test::comes_true;

class RedisReplyFeedTest : public test::TwoNodes<chat::RedisReplyFeed> {
protected:
    using Node = test::Node<chat::RedisReplyFeed>;
    MessageId reply{7};

    void SetUp() override
    {
        TwoNodes::SetUp();
        for (auto* node : {&a, &b}) {
            node->stop_parts = [node] {
                node->parts.close();
                node->parts.wait();
            };
        }
    }

    static asio::awaitable<bool> done(asio::awaitable<void> work)
    {
        co_await std::move(work);
        co_return true;
    }
    void begin(Node& node, std::int64_t attempt = 1) { node.loop.run(done(node.parts.begin(UserId{1}, reply, attempt, "demo"))); }
    void append(Node& node, std::string text, std::string thoughts = {}, std::int64_t attempt = 1)
    {
        node.loop.run(done(node.parts.append(reply, attempt, std::move(text), std::move(thoughts))));
    }
    void cite(Node& node, std::string json) { node.loop.run(done(node.parts.cite(reply, 1, std::move(json)))); }
    void end(Node& node, std::int64_t attempt = 1) { node.loop.run(done(node.parts.end(reply, attempt))); }
    void pause(Node& node, std::int64_t attempt = 1) { node.loop.run(done(node.parts.pause(reply, attempt))); }

    chat::FeedNews look(Node& node, chat::FeedPosition seen = {}) { return node.loop.run(node.parts.read(UserId{1}, reply, seen, {})); }
    std::future<chat::FeedNews> wait(Node& node, chat::FeedPosition seen = {}, std::chrono::milliseconds limit = test::patience)
    {
        return node.loop.start(node.parts.read(UserId{1}, reply, seen, Steady::now() + limit), 1);
    }
};

// All that a reader gets until the reply has ended, or until it has `bytes_max` of text.
struct Gathered {
    std::int64_t attempt = 0;
    std::string model;
    std::string text;
    std::string thoughts;
    std::string citations;
    int restarts = -1;
    int absences = 0;
    bool has_ended = false;
    chat::FeedPosition position;
};

asio::awaitable<Gathered> gather(chat::RedisReplyFeed* feed, MessageId reply, std::size_t bytes_max)
{
    Gathered all;
    auto const until = Steady::now() + test::patience;
    while (!all.has_ended && all.text.size() < bytes_max && Steady::now() < until) {
        auto const news = co_await feed->read(UserId{1}, reply, all.position, std::min(until, Steady::now() + 500ms));
        if (news.state == State::absent) ++all.absences;
        if (news.state == State::absent || news.state == State::closed) continue;
        if (news.attempt != all.attempt) {
            all.text.clear();
            all.thoughts.clear();
            all.model = news.model;
            ++all.restarts;
        }
        all.attempt = news.attempt;
        all.text += news.text;
        all.thoughts += news.thoughts;
        if (!news.citations_json.empty()) all.citations = news.citations_json;
        all.position = news.position;
        all.has_ended = news.state == State::ended;
    }
    co_return all;
}

TEST_F(RedisReplyFeedTest, a_reader_on_another_node_gets_all_of_it)
{
    auto gathering = b.loop.start(gather(&b.parts, reply, SIZE_MAX));
    auto gathering_here = a.loop.start(gather(&a.parts, reply, SIZE_MAX), 1);
    begin(a);
    std::string text;
    for (int number = 0; number < 200; ++number) {
        auto const piece = "wört " + std::to_string(number) + " ";
        append(a, piece, number % 10 == 0 ? "think " : "");
        text += piece;
    }
    cite(a, "[1]");
    append(a, "", "more");
    cite(a, "[1,2]");
    end(a);
    for (auto* gathered : {&gathering, &gathering_here}) {
        auto const all = gathered->get();
        EXPECT_TRUE(all.has_ended);
        EXPECT_EQ(all.text, text);
        EXPECT_EQ(all.thoughts.size(), 20 * 6 + 4u);
        EXPECT_EQ(all.citations, "[1,2]");
        EXPECT_EQ(all.model, "demo");
        EXPECT_EQ(all.restarts, 0);
    }
}

TEST_F(RedisReplyFeedTest, resumes_anywhere_and_cuts_between_characters)
{
    std::string text;
    while (text.size() < 200'000) text += "€";
    begin(a);
    append(a, "start ");
    append(a, text);
    append(a, " end");
    ASSERT_TRUE(comes_true([&] { return server.ask({"STRLEN", "pollux:feed:{7}:1:text"})->integer == std::ssize(text) + 10; }));
    for (std::size_t from : {0u, 6u, 9u, 66'000u, 200'007u}) {
        chat::FeedPosition place{.attempt = 1, .text_bytes = from};
        std::string rest;
        for (int reads = 0; reads < 10; ++reads) {
            auto const news = look(b, place);
            ASSERT_EQ(news.state, State::streaming);
            EXPECT_LE(news.text.size(), 64_KiB);
            EXPECT_TRUE(is_utf8(news.text));
            EXPECT_EQ(news.model, "");
            rest += news.text;
            place = news.position;
        }
        EXPECT_EQ(rest, ("start " + text + " end").substr(from));
    }
}

TEST_F(RedisReplyFeedTest, a_new_attempt_elsewhere_begins_anew_and_the_old_one_is_refused)
{
    begin(a);
    append(a, "first");
    auto const before = b.loop.run(gather(&b.parts, reply, 5));
    EXPECT_EQ(before.text, "first");
    auto waiting = wait(a, before.position); // Where the old attempt is still being written.
    pause(a);
    EXPECT_EQ(waiting.get().state, State::absent);
    begin(b, 2);
    append(b, "second", {}, 2);
    auto const news = a.loop.run(gather(&a.parts, reply, 6));
    EXPECT_EQ(news.attempt, 2);
    EXPECT_EQ(news.text, "second");
    EXPECT_EQ(news.model, "demo");
    begin(a, 1); // A worker that has lost its lease and does not know.
    append(a, "late");
    ASSERT_EQ(b.loop.run(gather(&b.parts, reply, 6)).text, "second");
    EXPECT_EQ(server.ask({"HGET", "pollux:feed:{7}", "attempt"})->text, "2");
    EXPECT_EQ(look(a, {.attempt = 2, .text_bytes = 6}).state, State::streaming);
}

TEST_F(RedisReplyFeedTest, a_reply_that_nobody_writes_is_absent_until_somebody_does)
{
    EXPECT_EQ(look(b).state, State::absent);
    EXPECT_EQ(wait(b, {}, 20ms).get().state, State::absent);
    auto waiting = wait(b);
    ASSERT_TRUE(comes_true([&] { return server.ask({"PUBSUB", "NUMSUB", "pollux:0:feed:{7}"})->list[1].integer == 1; }));
    begin(a);
    auto const news = waiting.get();
    EXPECT_EQ(news.state, State::streaming);
    EXPECT_EQ(news.model, "demo");
}

TEST_F(RedisReplyFeedTest, an_end_told_by_another_node_reaches_who_waits)
{
    begin(a);
    append(a, "text");
    auto const before = b.loop.run(gather(&b.parts, reply, 4));
    auto waiting = wait(b, before.position);
    end(b); // Its room was deleted there.
    auto const news = waiting.get();
    EXPECT_TRUE(news.state == State::ended || news.state == State::absent);

    auto other = wait(b, {.attempt = 3});
    ASSERT_TRUE(comes_true([&] { return server.ask({"PUBSUB", "NUMSUB", "pollux:0:feed:{7}"})->list[1].integer == 1; }));
    end(b, 3); // Of a reply that was stopped before anybody wrote it.
    EXPECT_EQ(other.get().state, State::absent);
}

TEST_F(RedisReplyFeedTest, what_ended_is_forgotten)
{
    begin(a);
    append(a, "text");
    end(a);
    EXPECT_TRUE(b.loop.run(gather(&b.parts, reply, SIZE_MAX)).has_ended);
    EXPECT_TRUE(comes_true([&] { return server.ask({"KEYS", "pollux:feed:*"})->list.empty(); }));
    EXPECT_EQ(look(b).state, State::absent);
}

TEST_F(RedisReplyFeedTest, what_redis_lost_is_written_anew)
{
    auto gathering = b.loop.start(gather(&b.parts, reply, SIZE_MAX));
    begin(a);
    std::string text;
    for (int number = 0; number < 60; ++number) {
        auto const piece = "word " + std::to_string(number) + " ";
        append(a, piece);
        text += piece;
        if (number % 20 == 10) server.ask({"FLUSHALL"});
        if (number == 45) {
            server.kill();
            ASSERT_TRUE(comes_true([&] { return !a.is_up(); }));
            append(a, "alone ");
            text += "alone ";
            server.start();
            ASSERT_TRUE(are_up());
        }
    }
    end(a);
    auto const all = gathering.get();
    EXPECT_TRUE(all.has_ended);
    EXPECT_EQ(all.text, text);
    EXPECT_EQ(all.restarts, 0);
}

// Halted, paused, full: each as good as away. The writer and the readers of its node do not notice.
TEST_F(RedisReplyFeedTest, without_redis_the_writer_and_its_node_go_on)
{
    struct Trouble {
        char const* name;
        std::function<void()> begins;
        std::function<void()> ends;
    };
    std::vector<Trouble> const troubles{
        {"halted", [&] { server.halt(); }, [&] { server.resume(); }},
        {"paused", [&] { server.ask({"CLIENT", "PAUSE", 1'500, "ALL"}); }, [] {}},
        {"full", [&] { server.ask({"CONFIG", "SET", "maxmemory", "1"}); }, [&] { server.ask({"CONFIG", "SET", "maxmemory", "0"}); }},
        {"killed", [&] { server.kill(); }, [&] { server.start(); }},
    };
    std::int64_t const attempt = 1;
    for (auto const& trouble : troubles) {
        ++reply.value;
        trouble.begins();
        auto gathering_here = a.loop.start(gather(&a.parts, reply, SIZE_MAX), 1);
        begin(a, attempt);
        for (int number = 0; number < 100; ++number) append(a, "word ", {}, attempt);
        EXPECT_EQ(look(a, {.attempt = attempt}).text.size(), 500u) << trouble.name; // At once, however Redis fares.
        auto const elsewhere = wait(b, {.attempt = attempt}, 10ms).get();
        EXPECT_EQ(elsewhere.state, State::absent) << trouble.name;
        trouble.ends();
        ASSERT_TRUE(are_up());
        append(a, "last", {}, attempt);
        auto gathering = b.loop.start(gather(&b.parts, reply, 504));
        EXPECT_EQ(gathering.get().text.size(), 504u) << trouble.name;
        end(a, attempt);
        EXPECT_EQ(gathering_here.get().text.size(), 504u) << trouble.name;
    }
}

TEST_F(RedisReplyFeedTest, a_stop_frees_who_waits)
{
    auto waiting = wait(b);
    begin(a);
    auto writing = wait(a, {.attempt = 1});
    b.parts.close();
    a.parts.close();
    EXPECT_EQ(writing.get().state, State::closed);
    auto const state = waiting.get().state;
    EXPECT_TRUE(state == State::closed || state == State::streaming); // It may have been begun before.
    EXPECT_EQ(look(b).state, State::closed);
}

} // namespace
} // namespace pollux::bus
