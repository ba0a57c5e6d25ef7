// The reply feed of many processes. A writer writes to the feed of its own process and never waits for Redis; from there a copier brings
// what is new to Redis, all that came during one round trip at once. Readers in the writer's process read as in one process; those of
// others ask Redis for text[offset:] when a signal says that there is more. A feed that Redis lost, or could not take, is written
// again from its beginning.
//
// With Redis away, from this process or another, readers elsewhere are served by the store of a StoredReplyFeed that stands beside; where
// there is none (one process alone), they see `absent` and go on from the database.
//
// Of a reply, in Redis: a hash {attempt, model, state, ...} and one text and one text of thoughts for each attempt, so that what a reader
// gets never mixes two. Every change of the hash is fenced by the attempt.
#pragma once

#include "bus/redis_signals.hpp"
#include "chat/streams/memory_reply_feed.hpp"
#include "chat/streams/redis_reply_feed_copier.hpp"
#include "chat/streams/stored_reply_feed.hpp"

namespace pollux::chat {

class RedisReplyFeed final : public ReplyFeed {
public:
    // `beside` may be null.
    RedisReplyFeed(redis::Client& client, bus::RedisSignals& signals, StoredReplyFeed* beside = nullptr);

    asio::awaitable<void> begin(UserId user, MessageId reply, std::int64_t attempt, std::string model) override;
    asio::awaitable<void> append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts) override;
    asio::awaitable<void> cite(MessageId reply, std::int64_t attempt, std::string citations_json) override;
    asio::awaitable<void> end(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<void> pause(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<FeedNews> read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until) override;
    void close() override;

    // After close(): the copiers end. Blocks for a moment, never on an I/O thread.
    void wait() { copier_.wait(); }

private:
    struct Fetched;
    struct Found;
    asio::awaitable<Found> look(UserId user, MessageId reply, FeedPosition seen);
    asio::awaitable<std::optional<FeedNews>> fetch(MessageId reply, FeedPosition seen);
    asio::awaitable<std::optional<Fetched>> fetch_parts(MessageId reply, FeedPosition seen);

    redis::Client& client_;
    bus::RedisSignals& signals_;
    StoredReplyFeed* const beside_;
    std::shared_ptr<MemoryReplyFeed> const here_;
    RedisReplyFeedCopier copier_;
    std::atomic<bool> is_closed_ = false;
};

} // namespace pollux::chat
