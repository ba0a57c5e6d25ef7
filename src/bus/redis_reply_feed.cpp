// Reading; the copiers stand in redis_reply_feed_copier.cpp.
#include "bus/redis_reply_feed.hpp"

#include "bus/redis_feed_scripts.hpp"
#include "bus/text_piece.hpp"

#include <boost/asio/this_coro.hpp>

namespace pollux::bus {
namespace {

constexpr std::chrono::seconds stop_max{2};

// Four bytes more than a piece: a character may end behind it.
constexpr std::size_t fetched_bytes = piece_bytes_max + 4;

std::string range_command(std::string const& key, std::size_t from)
{
    return redis::command({"GETRANGE", key, from, from + fetched_bytes - 1});
}

// Words of one reader's wait: what wakes him, and whether it was a signal of this reply's writer.
struct Ear {
    net::Wakeup wakeup;
    std::atomic<std::uint64_t> signals = 0;
};

bool has_news(FeedNews const& news, FeedPosition const& seen)
{
    if (news.state != FeedNews::State::streaming) return news.state != FeedNews::State::absent;
    return news.attempt != seen.attempt || !news.text.empty() || !news.thoughts.empty() || !news.citations_json.empty();
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

RedisReplyFeed::RedisReplyFeed(redis::Client& client, RedisSignals& signals)
    : client_(client), signals_(signals), put_(client, put_feed_script), cite_(client, cite_feed_script), end_(client, end_feed_script),
      pause_(client, pause_feed_script), copiers_([](std::exception_ptr) { std::terminate(); })
{}

asio::awaitable<FeedNews> RedisReplyFeed::read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until)
{
    auto const ear = std::make_shared<Ear>();
    auto const subscription = signals_.subscribe(feed_channel(reply), [ear](std::optional<std::string_view> payload) {
        if (payload) ++ear->signals;
        ear->wakeup.notify();
    });
    auto const signals_before = ear->signals.load();
    for (;;) {
        auto const count = ear->wakeup.count();
        auto news = co_await here_.read(user, reply, seen, Steady::time_point::min());
        if (has_news(news, seen)) co_return news;
        if (news.state == FeedNews::State::streaming) co_return co_await here_.read(user, reply, seen, until);

        auto fetched = co_await fetch(reply, seen);
        if (is_closed_) co_return FeedNews{.state = FeedNews::State::closed, .position = seen};
        if (fetched) news = std::move(*fetched);
        // A signal, and nothing to be had: the writer gave up, or ended without having been heard. The caller looks for himself.
        bool const was_told = ear->signals != signals_before && news.state == FeedNews::State::absent;
        if (has_news(news, seen) || was_told || Steady::now() >= until) co_return news;
        co_await ear->wakeup.wait(count, until);
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
    here_.close();
    signals_.stir_here();
}

void RedisReplyFeed::wait()
{
    copiers_.wait(stop_max);
}

} // namespace pollux::bus
