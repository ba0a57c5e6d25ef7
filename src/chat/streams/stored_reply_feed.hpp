// The reply feed of many processes that share a database and no Redis. A writer writes to the feed of its own process and never waits;
// four times a second one copier brings what is new of all replies to the store in one statement and signals it. Readers in the
// writer's process read as in one process; those of others read the store when a signal says that there is more, or after a second.
//
// Beside Redis it is the other way: nothing is put, and nobody is signalled, while everybody reaches Redis.
//
// Parts have offsets, so what a reader joins is exact wherever it was cut. Where parts are missing it sees nothing new, and goes on
// from the database when the reply is finished.
#pragma once

#include "bus/signals.hpp"
#include "bus/subscribers.hpp"
#include "chat/streams/feed_ear.hpp"
#include "chat/streams/memory_reply_feed.hpp"
#include "chat/streams/stored_reply_feed_copier.hpp"

namespace pollux::chat {

class StoredReplyFeed final : public ReplyFeed {
public:
    // `is_needed`: whether there may be readers elsewhere who have no other way; asked from any thread.
    StoredReplyFeed(ReplyParts& parts, bus::Signals& signals, std::function<bool()> is_needed = [] { return true; });

    void start(asio::any_io_executor const& executor) { copier_.start(executor); }

    asio::awaitable<void> begin(UserId user, MessageId reply, std::int64_t attempt, std::string model) override;
    asio::awaitable<void> append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts) override;
    asio::awaitable<void> cite(MessageId reply, std::int64_t attempt, std::string citations_json) override;
    asio::awaitable<void> end(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<void> pause(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<FeedNews> read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until) override;
    void close() override;

    // For the feed over Redis, which this one stands beside: what is written here is written once for both.
    std::shared_ptr<MemoryReplyFeed> here() const { return here_; }
    bool is_needed() const { return is_needed_(); }
    void needed_now() { copier_.look_now(); }
    void note_begin(UserId user, MessageId reply, std::int64_t attempt);
    void over(MessageId reply, std::int64_t attempt); // Ended, or given up.
    // What the store has after `seen`. Nothing: it could not be asked.
    asio::awaitable<std::optional<FeedNews>> fetch(UserId user, MessageId reply, FeedPosition seen);
    struct Subscriptions {
        std::unique_ptr<bus::Signals::Subscription> far;
        std::unique_ptr<bus::Signals::Subscription> near;
    };
    [[nodiscard]] Subscriptions subscribe(MessageId reply, std::shared_ptr<FeedEar> const& ear);

    // After close(): the copier ends. Blocks for a moment, never on an I/O thread.
    void wait() { copier_.wait(); }

private:
    ReplyParts& parts_;
    bus::Signals& signals_;
    std::function<bool()> const is_needed_;
    std::shared_ptr<MemoryReplyFeed> const here_ = std::make_shared<MemoryReplyFeed>();
    std::shared_ptr<bus::Subscribers> const near_ =
        std::make_shared<bus::Subscribers>(); // Readers of this process, for what only they must hear.
    std::atomic<bool> is_closed_ = false;
    StoredReplyFeedCopier copier_;
};

} // namespace pollux::chat
