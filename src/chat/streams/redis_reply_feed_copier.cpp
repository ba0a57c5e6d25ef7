// Writing: to the feed of this process, and from there to Redis.
#include "chat/streams/redis_feed_scripts.hpp"
#include "chat/streams/redis_reply_feed.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pollux::chat {
namespace {

constexpr std::chrono::milliseconds written_kept{900'000}; // A reply takes 10 minutes at most.
constexpr std::chrono::milliseconds ended_kept{5'000};
constexpr std::chrono::milliseconds again_after{500}; // When Redis is away or full.
constexpr std::chrono::seconds look_every{5};

std::vector<std::string> keys_of(MessageId reply, std::int64_t attempt)
{
    return {feed_key(reply), feed_text_key(reply, attempt), feed_thoughts_key(reply, attempt)};
}

} // namespace

asio::awaitable<void> RedisReplyFeed::begin(UserId user, MessageId reply, std::int64_t attempt, std::string model)
{
    co_await here_->begin(user, reply, attempt, std::move(model));
    signals_.tell_here(feed_channel(reply)); // To those who waited for another process to write it.
    if (beside_) beside_->note_begin(user, reply, attempt);
    {
        std::lock_guard const lock(mutex_);
        auto& known = copied_[reply];
        if (known >= attempt) co_return;
        known = attempt;
    }
    auto executor = co_await asio::this_coro::executor;
    copiers_.spawn(executor, copy(user, reply, attempt));
}

asio::awaitable<void> RedisReplyFeed::append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts)
{
    return here_->append(reply, attempt, std::move(text), std::move(thoughts));
}

asio::awaitable<void> RedisReplyFeed::cite(MessageId reply, std::int64_t attempt, std::string citations_json)
{
    return here_->cite(reply, attempt, std::move(citations_json));
}

bool RedisReplyFeed::is_copied(MessageId reply, std::int64_t attempt)
{
    std::lock_guard const lock(mutex_);
    auto const found = copied_.find(reply);
    return found != copied_.end() && found->second == attempt;
}

// Where a copier is at work it says so itself, after the last of the text; else the reply was written elsewhere, or not at all.
asio::awaitable<void> RedisReplyFeed::end(MessageId reply, std::int64_t attempt)
{
    bool const has_copier = is_copied(reply, attempt);
    co_await here_->end(reply, attempt);
    signals_.tell_here(feed_channel(reply));
    if (beside_) beside_->over(reply, attempt);
    if (has_copier) co_return;
    auto const channel = signals_.wire_channel(feed_channel(reply));
    client_.send(end_.eval_command(keys_of(reply, attempt), {std::to_string(attempt), channel, std::string(bus::RedisSignals::wire_payload),
                                                             std::to_string(ended_kept.count())}));
}

asio::awaitable<void> RedisReplyFeed::pause(MessageId reply, std::int64_t attempt)
{
    bool const has_copier = is_copied(reply, attempt);
    co_await here_->pause(reply, attempt);
    signals_.tell_here(feed_channel(reply));
    if (beside_) beside_->over(reply, attempt);
    if (has_copier) co_return;
    auto const channel = signals_.wire_channel(feed_channel(reply));
    client_.send(
        pause_.eval_command(keys_of(reply, attempt), {std::to_string(attempt), channel, std::string(bus::RedisSignals::wire_payload)}));
}

asio::awaitable<void> RedisReplyFeed::copy(UserId user, MessageId reply, std::int64_t attempt)
{
    co_await copy_until_end(user, reply, attempt);
    std::lock_guard const lock(mutex_);
    auto const found = copied_.find(reply);
    if (found != copied_.end() && found->second == attempt) copied_.erase(found);
}

asio::awaitable<void> RedisReplyFeed::copy_until_end(UserId user, MessageId reply, std::int64_t attempt)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto const keys = keys_of(reply, attempt);
    auto const channel = signals_.wire_channel(feed_channel(reply));
    std::vector<std::string> const fence{std::to_string(attempt), channel, std::string(bus::RedisSignals::wire_payload)};
    FeedPosition sent; // What Redis has.
    for (;;) {
        auto news = co_await here_->read(user, reply, sent, Steady::now() + look_every);
        bool const is_superseded = news.attempt > attempt;
        if (news.state == FeedNews::State::closed || is_superseded) co_return;
        if (news.attempt != attempt) { // Paused, or it ended so long ago that it was forgotten.
            co_await pause_.run(keys, fence);
            co_return;
        }
        bool const has_ended = news.state == FeedNews::State::ended;
        auto const position = news.position;
        auto copied = Copied::lost;
        if (sent.attempt == attempt) {
            copied = co_await add(reply, std::move(news), sent);
        } else {
            copied = co_await put(reply, std::move(news));
        }
        if (copied == Copied::superseded) co_return;
        if (copied == Copied::lost) {
            sent = {};
            timer.expires_after(again_after);
            co_await timer.async_wait(asio::use_awaitable);
            continue;
        }
        sent = position;
        if (!has_ended) continue;
        auto arguments = fence;
        arguments.push_back(std::to_string(ended_kept.count()));
        co_await end_.run(keys, std::move(arguments));
        co_return;
    }
}

asio::awaitable<RedisReplyFeed::Copied> RedisReplyFeed::put(MessageId reply, FeedNews news)
{
    auto keys = keys_of(reply, news.attempt);
    std::vector<std::string> arguments{std::to_string(news.attempt),
                                       signals_.wire_channel(feed_channel(reply)),
                                       std::string(bus::RedisSignals::wire_payload),
                                       std::to_string(written_kept.count()),
                                       std::move(news.model),
                                       std::move(news.text),
                                       std::move(news.thoughts),
                                       std::move(news.citations_json),
                                       std::to_string(news.position.citations_version)};
    auto const done = co_await put_.run(std::move(keys), std::move(arguments));
    if (!done) co_return Copied::lost;
    co_return done->integer == 1 ? Copied::yes : Copied::superseded;
}

// The new length says whether Redis still had what was sent before.
asio::awaitable<RedisReplyFeed::Copied> RedisReplyFeed::add(MessageId reply, FeedNews news, FeedPosition sent)
{
    std::string commands;
    std::vector<std::size_t> lengths;
    if (!news.text.empty()) {
        redis::append_command(commands, {"APPEND", feed_text_key(reply, news.attempt), news.text});
        lengths.push_back(news.position.text_bytes);
    }
    if (!news.thoughts.empty()) {
        redis::append_command(commands, {"APPEND", feed_thoughts_key(reply, news.attempt), news.thoughts});
        lengths.push_back(news.position.thought_bytes);
    }
    if (!lengths.empty()) {
        commands += signals_.publish_command(feed_channel(reply));
        auto const answers = co_await client_.call_all(std::move(commands), lengths.size() + 1);
        if (!answers) co_return Copied::lost;
        for (std::size_t index = 0; index < lengths.size(); ++index) {
            auto const& answer = (*answers)[index];
            if (!answer.is_integer() || static_cast<std::size_t>(answer.integer) != lengths[index]) co_return Copied::lost;
        }
    }
    if (news.position.citations_version == sent.citations_version) co_return Copied::yes;
    auto keys = keys_of(reply, news.attempt);
    std::vector<std::string> arguments{std::to_string(news.attempt), signals_.wire_channel(feed_channel(reply)),
                                       std::string(bus::RedisSignals::wire_payload), std::move(news.citations_json),
                                       std::to_string(news.position.citations_version)};
    auto const cited = co_await cite_.run(std::move(keys), std::move(arguments));
    co_return cited && cited->integer == 1 ? Copied::yes : Copied::lost;
}

} // namespace pollux::chat
