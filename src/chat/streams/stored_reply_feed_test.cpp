// Two processes' feeds over one store and signals, both of which may fail.
#include "chat/streams/stored_reply_feed.hpp"

#include "base/literals.hpp"
#include "base/text.hpp"
#include "bus/memory_signals.hpp"
#include "support/running_runtime.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace pollux::chat {
namespace {

using namespace std::chrono_literals;
using State = FeedNews::State;

// What the database's store promises, in memory.
class FakeParts final : public ReplyParts {
public:
    asio::awaitable<std::vector<MessageId>> put(std::vector<ReplyPart> parts) override
    {
        std::lock_guard lock(mutex_);
        if (is_down) throw std::runtime_error("down");
        std::vector<MessageId> taken;
        for (auto& part : parts) {
            if (part.attempt != running) continue;
            taken.push_back(part.reply);
            parts_[{part.attempt, part.number}] = std::move(part);
        }
        if (loses_answers) throw std::runtime_error("the answer was lost");
        co_return taken;
    }
    asio::awaitable<FoundParts> find(UserId, MessageId, FeedPosition seen) override
    {
        std::lock_guard lock(mutex_);
        if (is_down) throw std::runtime_error("down");
        FoundParts found;
        if (parts_.empty()) co_return found;
        found.attempt = parts_.rbegin()->first.first;
        for (auto const& [key, part] : parts_) {
            bool const is_later = part.attempt > seen.attempt || part.text_from + part.text.size() > seen.text_bytes ||
                                  part.thoughts_from + part.thoughts.size() > seen.thought_bytes ||
                                  part.citations_version > seen.citations_version;
            if (part.attempt == found.attempt && is_later && found.parts.size() < 3) found.parts.push_back(part);
        }
        co_return found;
    }
    asio::awaitable<void> delete_ended(std::vector<WrittenReply> replies) override
    {
        std::lock_guard lock(mutex_);
        ++deletions_tried;
        if (is_down) throw std::runtime_error("down");
        std::erase_if(parts_, [&](auto const& known) { return std::ranges::count(replies, known.second.reply, &WrittenReply::reply) > 0; });
        co_return;
    }
    asio::awaitable<void> delete_stale() override
    {
        std::lock_guard lock(mutex_);
        if (is_down) throw std::runtime_error("down");
        std::erase_if(parts_, [&](auto const& known) { return known.second.attempt != running; });
        ++cleanings;
        co_return;
    }
    void erase_all()
    {
        std::lock_guard lock(mutex_);
        parts_.clear();
    }
    std::size_t size()
    {
        std::lock_guard lock(mutex_);
        return parts_.size();
    }
    void erase_all_but_last()
    {
        std::lock_guard lock(mutex_);
        parts_.erase(parts_.begin(), std::prev(parts_.end()));
    }

    std::atomic<std::int64_t> running = 1; // The attempt whose parts are taken.
    std::atomic<bool> is_down = false;
    std::atomic<bool> loses_answers = false;
    std::atomic<int> deletions_tried = 0;
    std::atomic<int> cleanings = 0; // Of all that is stale.

private:
    std::mutex mutex_;
    std::map<std::pair<std::int64_t, std::int64_t>, ReplyPart> parts_;
};

class StoredReplyFeedTest : public testing::Test {
protected:
    StoredReplyFeedTest()
    {
        a.start(loop.runtime.executor(0));
        b.start(loop.runtime.executor(1));
        EXPECT_TRUE(test::comes_true([this] { return parts.cleanings == 2; }));
    }
    ~StoredReplyFeedTest() override
    {
        for (auto* feed : {&a, &b}) {
            feed->close();
            feed->wait();
        }
        loop.runtime.stop();
    }

    static asio::awaitable<bool> done(asio::awaitable<void> work)
    {
        co_await std::move(work);
        co_return true;
    }
    void begin(std::int64_t attempt = 1) { loop.run(done(a.begin(UserId{1}, reply, attempt, "demo"))); }
    void append(std::string text, std::string thoughts = {}, std::int64_t attempt = 1)
    {
        loop.run(done(a.append(reply, attempt, std::move(text), std::move(thoughts))));
    }
    void end(std::int64_t attempt = 1) { loop.run(done(a.end(reply, attempt))); }

    std::future<FeedNews> wait(StoredReplyFeed& feed, FeedPosition seen = {}, std::chrono::milliseconds limit = test::patience)
    {
        return loop.start(feed.read(UserId{1}, reply, seen, Steady::now() + limit), 1);
    }
    FeedNews look(StoredReplyFeed& feed, FeedPosition seen = {}) { return loop.run(feed.read(UserId{1}, reply, seen, {})); }

    // Reads at the other node until there is so much text.
    struct Gathered {
        std::string text;
        std::string thoughts;
        std::string citations;
        std::string model;
        int restarts = 0;
        FeedPosition position;
    };
    void gather(Gathered& all, std::size_t text_bytes)
    {
        auto const until = Steady::now() + test::patience;
        while (all.text.size() < text_bytes && Steady::now() < until) {
            auto const news = wait(b, all.position, 1s).get();
            if (news.state == State::absent) continue;
            if (news.attempt != all.position.attempt) {
                all.text.clear();
                all.thoughts.clear();
                all.model = news.model;
                ++all.restarts;
            }
            all.text += news.text;
            all.thoughts += news.thoughts;
            if (!news.citations_json.empty()) all.citations = news.citations_json;
            all.position = news.position;
        }
    }

    MessageId reply{7};
    test::RunningRuntime loop;
    bus::MemorySignals signals;
    FakeParts parts;
    StoredReplyFeed a{parts, signals};
    StoredReplyFeed b{parts, signals};
};

TEST_F(StoredReplyFeedTest, a_reader_on_another_node_gets_all_of_it)
{
    begin();
    Gathered all;
    std::string text;
    for (int round = 0; round < 4; ++round) {
        append("wört ", "think ");
        append("und " + std::to_string(round) + " ");
        text += "wört und " + std::to_string(round) + " ";
        if (round == 1) loop.run(done(a.cite(reply, 1, "[1]")));
        gather(all, text.size());
    }
    EXPECT_EQ(all.text, text);
    EXPECT_EQ(all.thoughts, "think think think think ");
    EXPECT_EQ(all.citations, "[1]");
    EXPECT_EQ(all.model, "demo");
    EXPECT_EQ(all.restarts, 1);
    EXPECT_GE(parts.size(), 2u) << "in parts, while it is written";

    // A reader that comes later, or was cut in the middle of a part, gets the same.
    Gathered late;
    gather(late, text.size());
    EXPECT_EQ(late.text, text);
    auto const rest = look(b, {.attempt = 1, .text_bytes = 3, .thought_bytes = 7});
    EXPECT_EQ(rest.text, text.substr(3, rest.text.size()));
    EXPECT_FALSE(rest.text.empty());
    EXPECT_EQ(rest.model, "");
}

TEST_F(StoredReplyFeedTest, readers_near_the_writer_do_not_wait_for_the_store)
{
    parts.is_down = true;
    auto waiting = wait(a);
    begin();
    EXPECT_EQ(waiting.get().state, State::streaming);
    append("at once");
    EXPECT_EQ(look(a).text, "at once");
    end();
    EXPECT_EQ(look(a).state, State::ended);
}

TEST_F(StoredReplyFeedTest, a_part_whose_answer_was_lost_is_replaced)
{
    parts.loses_answers = true;
    begin();
    append("first ");
    ASSERT_TRUE(test::comes_true([this] { return look(b).text == "first "; }));
    append("second ");
    ASSERT_TRUE(test::comes_true([this] { return look(b).text == "first second "; }));
    EXPECT_EQ(parts.size(), 1u);
    parts.loses_answers = false;
    append("third");
    Gathered all;
    gather(all, 18);
    EXPECT_EQ(all.text, "first second third");
}

TEST_F(StoredReplyFeedTest, another_attempt_is_a_restart)
{
    begin();
    append("first try");
    Gathered all;
    gather(all, 9);
    parts.running = 2;
    begin(2);
    append("second, longer try", {}, 2);
    gather(all, 18);
    EXPECT_EQ(all.text, "second, longer try");
    EXPECT_EQ(all.restarts, 2);
}

TEST_F(StoredReplyFeedTest, no_gap_is_read_over)
{
    begin();
    append("one ");
    Gathered all;
    gather(all, 4);
    append("two ");
    gather(all, 8);
    parts.erase_all_but_last();
    EXPECT_EQ(look(b).text, "");
    EXPECT_EQ(look(b, {.attempt = 1, .text_bytes = 2}).text, "");
    EXPECT_EQ(look(b, {.attempt = 1, .text_bytes = 4}).text, "two ");
}

TEST_F(StoredReplyFeedTest, large_text_is_cut_between_characters)
{
    std::string text;
    while (text.size() < 200'000) text += "€";
    begin();
    append("a" + text);
    Gathered all;
    gather(all, text.size() + 1);
    EXPECT_EQ(all.text, "a" + text);
    auto const piece = look(b, {.attempt = 1, .text_bytes = 4}).text;
    EXPECT_LE(piece.size(), 64_KiB);
    EXPECT_EQ(piece.size() % 3, 0u);
}

TEST_F(StoredReplyFeedTest, an_end_elsewhere_wakes_the_reader_that_looks_for_itself)
{
    begin();
    append("text");
    Gathered all;
    gather(all, 4);
    auto waiting = wait(b, all.position);
    parts.running = 0;
    parts.erase_all(); // The finish does.
    end();
    EXPECT_EQ(waiting.get().state, State::absent);
    // And when it missed the end.
    EXPECT_EQ(wait(b, all.position).get().state, State::absent);
}

TEST_F(StoredReplyFeedTest, what_was_put_too_late_is_deleted)
{
    begin();
    append("text");
    ASSERT_TRUE(test::comes_true([this] { return parts.size() == 1; }));
    end(); // And the finish saw no part.
    EXPECT_TRUE(test::comes_true([this] { return parts.size() == 0; }));
}

TEST_F(StoredReplyFeedTest, what_could_not_be_deleted_is_deleted_later)
{
    begin();
    append("text");
    ASSERT_TRUE(test::comes_true([this] { return parts.size() == 1; }));
    parts.is_down = true;
    end();
    ASSERT_TRUE(test::comes_true([this] { return parts.deletions_tried > 0; }));
    EXPECT_EQ(parts.size(), 1U);
    parts.is_down = false;
    EXPECT_TRUE(test::comes_true([this] { return parts.size() == 0; }));
}

TEST_F(StoredReplyFeedTest, what_a_process_left_behind_that_died_is_deleted_when_the_next_one_starts)
{
    begin();
    append("text");
    ASSERT_TRUE(test::comes_true([this] { return parts.size() == 1; }));
    parts.running = 2; // Another process has its job, and this one dies.
    parts.is_down = true;
    StoredReplyFeed next{parts, signals};
    next.start(loop.runtime.executor(0));
    EXPECT_EQ(parts.size(), 1U);
    parts.is_down = false;
    EXPECT_TRUE(test::comes_true([this] { return parts.size() == 0; }));
    next.close();
    next.wait();
}

TEST_F(StoredReplyFeedTest, what_is_not_taken_is_not_offered_again)
{
    parts.running = 5;
    begin();
    append("text");
    auto const position = look(b);
    EXPECT_EQ(position.state, State::absent);
    parts.running = 1;
    MessageId const other{8};
    loop.run(done(a.begin(UserId{1}, other, 1, "demo")));
    ASSERT_TRUE(test::comes_true([this] { return parts.size() == 1; }));
}

TEST_F(StoredReplyFeedTest, close_wakes_everybody)
{
    auto waiting = wait(b);
    auto behind = wait(b, {.attempt = 3});
    b.close();
    EXPECT_EQ(waiting.get().state, State::closed);
    EXPECT_EQ(behind.get().state, State::closed);
}

} // namespace
} // namespace pollux::chat
