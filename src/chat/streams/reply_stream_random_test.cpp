// 20,000 replies, each with its own seed: attempts that begin and are lost, feeds that vanish, readers that are cut at every place and
// come back with their last id. Whatever happens, the joined text is the stored text.
#include "chat/streams/reply_stream_state.hpp"

#include "support/reply_reader.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace pollux::chat {
namespace {

using State = FeedNews::State;

class World {
public:
    explicit World(std::uint64_t seed) : random_(seed) {}

    void run()
    {
        std::size_t steps = below(25);
        for (std::size_t step = 0; step < steps; ++step) {
            write_something();
            if (below(3) == 0) read_feed();
            if (below(12) == 0) has_feed_ = !has_feed_; // Lost for a while, or for good.
            if (below(12) == 0) connect();
        }
        finish();
        while (!reader_.has_ended) {
            if (below(4) == 0 && has_feed_) read_feed(); // A feed outlives the finish for a little while.
            receive(state_.take(stored_));
            if (state_.is_over() || below(4) == 0) connect();
        }
    }

    test::ReplyReader const& reader() const { return reader_; }
    Message const& stored() const { return stored_; }

private:
    std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

    std::string words()
    {
        static constexpr std::string_view characters[] = {"a", " ", "\n", "\"", "\\", "é", "世", "😀", "\x01"};
        std::string text;
        for (auto count = below(6); count > 0; --count) text += characters[below(std::size(characters))];
        if (below(4'000) == 0) {
            for (std::size_t count = 0; count < 40'000; ++count) text += "世";
        }
        return text;
    }

    void write_something()
    {
        if (attempt_ == 0 || below(10) == 0) {
            attempt_ += 1 + static_cast<std::int64_t>(below(2));
            text_.clear();
            thoughts_.clear();
            return;
        }
        if (below(4) == 0)
            thoughts_ += words();
        else
            text_ += words();
    }

    void finish()
    {
        stored_.id = {1};
        stored_.role = MessageRole::assistant;
        stored_.status = below(4) == 0 ? MessageStatus::failed : MessageStatus::completed;
        if (below(8) == 0) { // Given up elsewhere: by a claim that never wrote.
            attempt_ += 1;
            text_.clear();
            thoughts_.clear();
            has_feed_ = false;
        }
        stored_.attempt = attempt_;
        stored_.content = text_;
        stored_.thoughts = thoughts_;
    }

    // What a feed would answer: all or a part of what the reader does not have.
    void read_feed()
    {
        FeedNews news;
        auto seen = state_.position();
        if (has_feed_ && attempt_ >= seen.attempt && attempt_ != 0) {
            if (attempt_ > seen.attempt) seen = {.attempt = attempt_};
            news.state = State::streaming;
            news.attempt = attempt_;
            news.text = part(text_, seen.text_bytes);
            news.thoughts = part(thoughts_, seen.thought_bytes);
        }
        receive(state_.take(news));
    }

    std::string part(std::string const& text, std::size_t offset)
    {
        if (offset >= text.size()) return {};
        auto end = below(3) == 0 ? offset + below(text.size() - offset + 1) : text.size();
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
        return text.substr(offset, end - offset);
    }

    // The reader gets all of the bytes, or is cut somewhere and comes back.
    void receive(std::string const& bytes)
    {
        if (bytes.empty()) return;
        bool is_cut = below(5) == 0;
        reader_.take_all(is_cut ? std::string_view(bytes).substr(0, below(bytes.size())) : std::string_view(bytes));
        if (is_cut) connect();
    }

    void connect() { state_ = ReplyStreamState({1}, reader_.resume_from()); }

    std::mt19937_64 random_;
    std::int64_t attempt_ = 0;
    std::string text_;
    std::string thoughts_;
    bool has_feed_ = true;
    Message stored_;
    ReplyStreamState state_{{1}, std::nullopt};
    test::ReplyReader reader_;
};

TEST(ReplyStreamRandomly, joined_text_is_the_stored_text)
{
    // POLLUX_SEED=n runs one reply again.
    char const* only = std::getenv("POLLUX_SEED");
    std::uint64_t first = only ? std::strtoull(only, nullptr, 10) : std::random_device{}();
    std::uint64_t last = only ? first : first + 19'999;
    std::size_t restarts = 0;
    for (auto seed = first; seed <= last; ++seed) {
        World world(seed);
        world.run();
        auto const& reader = world.reader();
        ASSERT_EQ(reader.text, world.stored().content) << "POLLUX_SEED=" << seed;
        ASSERT_EQ(reader.thoughts, world.stored().thoughts) << "POLLUX_SEED=" << seed;
        ASSERT_EQ(reader.breaches, "") << "POLLUX_SEED=" << seed;
        ASSERT_EQ(reader.end_event.name, world.stored().status == MessageStatus::failed ? "error" : "done") << "POLLUX_SEED=" << seed;
        restarts += reader.restarts;
    }
    if (!only) EXPECT_GT(restarts, 1'000u) << "the worlds have become too quiet to show anything; first seed " << first;
}

} // namespace
} // namespace pollux::chat
