#include "chat/streams/redis_reply_feed.hpp"

#include "chat/streams/redis_feed_scripts.hpp"
#include "chat/streams/text_piece.hpp"

#include <boost/asio/this_coro.hpp>

namespace pollux::chat {
namespace {

constexpr std::chrono::seconds look_every{1};       // In the store beside, for signals that were lost.
constexpr std::chrono::milliseconds gone_wait{500}; // When the store has nothing any more of what a reader has seen.

// Four bytes more than a piece: a character may end behind it.
constexpr std::size_t fetched_bytes = piece_bytes_max + 4;

std::string range_command(std::string const& key, std::size_t from)
{
    return redis::command({"GETRANGE", key, from, from + fetched_bytes - 1});
}

std::size_t size_of(redis::Reply const& number)
{
    return static_cast<std::size_t>(std::strtoull(number.text.c_str(), nullptr, 10));
}

} // namespace

// What Redis has of a reply, for a reader of one attempt.
struct RedisReplyFeed::Fetched {
    std::int64_t attempt = 0;
    std::string model;
    bool has_ended = false;
    std::uint64_t citations_version = 0;
    std::size_t text_bytes = 0; // Once it has ended.
    std::size_t thought_bytes = 0;
    std::string text; // From the reader's place on.
    std::string thoughts;
};

RedisReplyFeed::RedisReplyFeed(redis::Client& client, bus::RedisSignals& signals, StoredReplyFeed* beside)
    : client_(client), signals_(signals), beside_(beside), here_(beside ? beside->here() : std::make_shared<MemoryReplyFeed>()),
      copier_(client, signals, here_)
{}

// --- Writing: to the feed of this process, and from there to Redis ----------------------------------------------------------------

asio::awaitable<void> RedisReplyFeed::begin(UserId user, MessageId reply, std::int64_t attempt, std::string model)
{
    co_await here_->begin(user, reply, attempt, std::move(model));
    signals_.tell_here(feed_channel(reply)); // To those who waited for another process to write it.
    if (beside_) beside_->note_begin(user, reply, attempt);
    auto const executor = co_await asio::this_coro::executor;
    copier_.begin(executor, user, reply, attempt);
}

asio::awaitable<void> RedisReplyFeed::append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts)
{
    return here_->append(reply, attempt, std::move(text), std::move(thoughts));
}

asio::awaitable<void> RedisReplyFeed::cite(MessageId reply, std::int64_t attempt, std::string citations_json)
{
    return here_->cite(reply, attempt, std::move(citations_json));
}

// Where a copier is at work it says so itself; else the reply was written elsewhere, or not at all.
asio::awaitable<void> RedisReplyFeed::end(MessageId reply, std::int64_t attempt)
{
    bool const has_copier = copier_.is_at_work(reply, attempt);
    co_await here_->end(reply, attempt);
    signals_.tell_here(feed_channel(reply));
    if (beside_) beside_->over(reply, attempt);
    if (!has_copier) copier_.tell_end(reply, attempt);
}

asio::awaitable<void> RedisReplyFeed::pause(MessageId reply, std::int64_t attempt)
{
    bool const has_copier = copier_.is_at_work(reply, attempt);
    co_await here_->pause(reply, attempt);
    signals_.tell_here(feed_channel(reply));
    if (beside_) beside_->over(reply, attempt);
    if (!has_copier) copier_.tell_pause(reply, attempt);
}

// --- Reading ----------------------------------------------------------------------------------------------------------------------

// What the processes together have for a reader, and how sure that is.
struct RedisReplyFeed::Found {
    FeedNews news;
    bool is_gone = false; // The store beside was asked, and has nothing of what this reader has seen.
};

asio::awaitable<RedisReplyFeed::Found> RedisReplyFeed::look(UserId user, MessageId reply, FeedPosition seen)
{
    Found found;
    auto fetched = co_await fetch(reply, seen);
    if (fetched) found.news = std::move(*fetched);
    if (has_news(found.news, seen) || !beside_ || !beside_->is_needed()) co_return found;
    // Redis may be behind, or another one than the writer's; both tell text by its offset, so whichever has more is right.
    auto stored = co_await beside_->fetch(user, reply, seen);
    found.is_gone = stored && stored->state == FeedNews::State::absent && seen.attempt > 0;
    if (stored && stored->state != FeedNews::State::absent) found.news = std::move(*stored);
    co_return found;
}

asio::awaitable<FeedNews> RedisReplyFeed::read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until)
{
    auto const ear = std::make_shared<FeedEar>();
    auto const subscription = signals_.subscribe(feed_channel(reply), [ear](std::optional<std::string_view> payload) {
        if (payload) ++ear->told;
        ear->wakeup.notify();
    });
    StoredReplyFeed::Subscriptions subscriptions;
    if (beside_) subscriptions = beside_->subscribe(reply, ear);
    auto const told_before = ear->told.load();
    bool was_gone = false;
    for (;;) {
        auto const count = ear->wakeup.count();
        auto const here = co_await here_->read(user, reply, seen, Steady::time_point::min());
        if (has_news(here, seen)) co_return here;
        if (here.state == FeedNews::State::streaming) co_return co_await here_->read(user, reply, seen, until);

        // Before looking: what was written before either is found.
        bool const is_over = ear->is_over;
        auto const told = ear->told.load();
        auto found = co_await look(user, reply, seen);
        if (is_closed_) co_return FeedNews{.state = FeedNews::State::closed, .position = seen};
        if (has_news(found.news, seen)) co_return std::move(found.news);
        // A signal, and nothing to be had: the writer gave up, or ended without having been heard. The caller looks for itself.
        bool const is_absent = found.news.state == FeedNews::State::absent;
        bool const was_told = told != told_before && is_absent;
        if (is_over || was_told || (found.is_gone && was_gone && is_absent)) co_return FeedNews{.position = seen};
        auto const now = Steady::now();
        if (now >= until) co_return std::move(found.news);
        was_gone = found.is_gone;
        auto const look_at = beside_ && beside_->is_needed() ? now + (found.is_gone ? gone_wait : look_every) : until;
        co_await ear->wakeup.wait(count, std::min(until, look_at));
    }
}

asio::awaitable<std::optional<FeedNews>> RedisReplyFeed::fetch(MessageId reply, FeedPosition seen)
{
    auto const attempt_seen = seen.attempt;
    auto parts = co_await fetch_parts(reply, seen);
    if (parts && parts->attempt > attempt_seen) {
        seen = {.attempt = parts->attempt};
        parts = co_await fetch_parts(reply, seen); // Its text, now that its attempt is known.
    }
    if (!parts || parts->attempt < attempt_seen) co_return std::nullopt;

    FeedNews news;
    news.state = FeedNews::State::streaming;
    news.attempt = parts->attempt;
    if (parts->attempt != attempt_seen) news.model = std::move(parts->model);
    news.text = cut_piece(std::move(parts->text));
    news.thoughts = cut_piece(std::move(parts->thoughts));
    news.position = {parts->attempt, seen.text_bytes + news.text.size(), seen.thought_bytes + news.thoughts.size(), seen.citations_version};
    if (parts->citations_version > seen.citations_version) {
        auto citations = co_await client_.call(redis::command({"HGET", feed_key(reply), "citations"}));
        if (!citations || !citations->is_text()) co_return std::nullopt;
        news.citations_json = std::move(citations->text);
        news.position.citations_version = parts->citations_version;
    }
    if (parts->has_ended) {
        bool const is_all = news.position.text_bytes >= parts->text_bytes && news.position.thought_bytes >= parts->thought_bytes;
        bool const is_cut = !is_all && news.text.empty() && news.thoughts.empty(); // Redis lost it.
        if (is_cut) co_return std::nullopt;
        if (is_all) news.state = FeedNews::State::ended;
    }
    co_return news;
}

// The hash first, then the texts: what it says to have ended is whole when the texts are read.
asio::awaitable<std::optional<RedisReplyFeed::Fetched>> RedisReplyFeed::fetch_parts(MessageId reply, FeedPosition seen)
{
    auto commands =
        redis::command({"HMGET", feed_key(reply), "attempt", "model", "state", "citations_version", "text_bytes", "thought_bytes"});
    bool const wants_text = seen.attempt > 0;
    if (wants_text) {
        commands += range_command(feed_text_key(reply, seen.attempt), seen.text_bytes);
        commands += range_command(feed_thoughts_key(reply, seen.attempt), seen.thought_bytes);
    }
    auto answers = co_await client_.call_all(std::move(commands), wants_text ? 3 : 1);
    if (!answers || answers->front().list.size() != 6) co_return std::nullopt;
    auto const& hash = answers->front().list;
    Fetched fetched;
    fetched.attempt = static_cast<std::int64_t>(size_of(hash[0]));
    if (fetched.attempt == 0) co_return std::nullopt;
    fetched.model = hash[1].text;
    fetched.has_ended = hash[2].text == "ended";
    fetched.citations_version = size_of(hash[3]);
    fetched.text_bytes = size_of(hash[4]);
    fetched.thought_bytes = size_of(hash[5]);
    if (wants_text && fetched.attempt == seen.attempt) {
        if (!(*answers)[1].is_text() || !(*answers)[2].is_text()) co_return std::nullopt;
        fetched.text = std::move((*answers)[1].text);
        fetched.thoughts = std::move((*answers)[2].text);
    }
    co_return fetched;
}

void RedisReplyFeed::close()
{
    is_closed_ = true;
    if (beside_) beside_->close();
    here_->close();
    signals_.stir_here();
}

} // namespace pollux::chat
