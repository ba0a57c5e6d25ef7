#include "chat/streams/redis_reply_feed_copier.hpp"

#include "chat/streams/redis_feed_scripts.hpp"
#include "ops/failure.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pollux::chat {
namespace {

constexpr std::chrono::milliseconds written_kept{900'000}; // A reply takes 10 minutes at most.
constexpr std::chrono::milliseconds ended_kept{5'000};
constexpr std::chrono::milliseconds again_after{500}; // When Redis is away or full.
constexpr std::chrono::seconds look_every{5};
constexpr std::chrono::seconds stop_max{2};

std::vector<std::string> keys_of(MessageId reply, std::int64_t attempt)
{
    return {feed_key(reply), feed_text_key(reply, attempt), feed_thoughts_key(reply, attempt)};
}

} // namespace

RedisReplyFeedCopier::RedisReplyFeedCopier(redis::Client& client, bus::RedisSignals& signals, std::shared_ptr<MemoryReplyFeed> here)
    : client_(client), signals_(signals), here_(std::move(here)), put_(client, put_feed_script), cite_(client, cite_feed_script),
      end_(client, end_feed_script), pause_(client, pause_feed_script), copiers_(ops::must_not_fail)
{}

void RedisReplyFeedCopier::begin(asio::any_io_executor const& executor, UserId user, MessageId reply, std::int64_t attempt)
{
    {
        std::lock_guard const lock(mutex_);
        auto& known = copied_[reply];
        if (known >= attempt) return;
        known = attempt;
    }
    copiers_.spawn(executor, copy(user, reply, attempt));
}

bool RedisReplyFeedCopier::is_at_work(MessageId reply, std::int64_t attempt)
{
    std::lock_guard const lock(mutex_);
    auto const found = copied_.find(reply);
    return found != copied_.end() && found->second == attempt;
}

void RedisReplyFeedCopier::tell_end(MessageId reply, std::int64_t attempt)
{
    auto arguments = fence(reply, attempt);
    arguments.push_back(std::to_string(ended_kept.count()));
    client_.send(end_.eval_command(keys_of(reply, attempt), arguments));
}

void RedisReplyFeedCopier::tell_pause(MessageId reply, std::int64_t attempt)
{
    client_.send(pause_.eval_command(keys_of(reply, attempt), fence(reply, attempt)));
}

void RedisReplyFeedCopier::wait()
{
    copiers_.wait(stop_max);
}

std::vector<std::string> RedisReplyFeedCopier::fence(MessageId reply, std::int64_t attempt) const
{
    return {std::to_string(attempt), signals_.wire_channel(feed_channel(reply)), std::string(bus::RedisSignals::wire_payload)};
}

asio::awaitable<void> RedisReplyFeedCopier::copy(UserId user, MessageId reply, std::int64_t attempt)
{
    co_await copy_until_end(user, reply, attempt);
    std::lock_guard const lock(mutex_);
    auto const found = copied_.find(reply);
    if (found != copied_.end() && found->second == attempt) copied_.erase(found);
}

asio::awaitable<void> RedisReplyFeedCopier::copy_until_end(UserId user, MessageId reply, std::int64_t attempt)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto const keys = keys_of(reply, attempt);
    FeedPosition sent; // What Redis has.
    for (;;) {
        auto news = co_await here_->read(user, reply, sent, Steady::now() + look_every);
        bool const is_superseded = news.attempt > attempt;
        if (news.state == FeedNews::State::closed || is_superseded) co_return;
        if (news.attempt != attempt) { // Paused, or it ended so long ago that it was forgotten.
            co_await pause_.run(keys, fence(reply, attempt));
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
        auto arguments = fence(reply, attempt);
        arguments.push_back(std::to_string(ended_kept.count()));
        co_await end_.run(keys, std::move(arguments));
        co_return;
    }
}

asio::awaitable<RedisReplyFeedCopier::Copied> RedisReplyFeedCopier::put(MessageId reply, FeedNews news)
{
    auto keys = keys_of(reply, news.attempt);
    auto arguments = fence(reply, news.attempt);
    arguments.push_back(std::to_string(written_kept.count()));
    arguments.push_back(std::move(news.model));
    arguments.push_back(std::move(news.text));
    arguments.push_back(std::move(news.thoughts));
    arguments.push_back(std::move(news.citations_json));
    arguments.push_back(std::to_string(news.position.citations_version));
    auto const done = co_await put_.run(std::move(keys), std::move(arguments));
    if (!done) co_return Copied::lost;
    co_return done->integer == 1 ? Copied::yes : Copied::superseded;
}

// The new length says whether Redis still had what was sent before.
asio::awaitable<RedisReplyFeedCopier::Copied> RedisReplyFeedCopier::add(MessageId reply, FeedNews news, FeedPosition sent)
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
    auto arguments = fence(reply, news.attempt);
    arguments.push_back(std::move(news.citations_json));
    arguments.push_back(std::to_string(news.position.citations_version));
    auto const cited = co_await cite_.run(std::move(keys), std::move(arguments));
    co_return cited && cited->integer == 1 ? Copied::yes : Copied::lost;
}

} // namespace pollux::chat
