// The reply feed of many processes that share a database and no Redis. A writer writes to the feed of his own process and never waits;
// four times a second one copier brings what is new of all replies to the store in one statement and signals it. Readers in the
// writer's process read as in one process; those of others read the store when a signal says that there is more, or after a second.
//
// Parts have offsets, so what a reader joins is exact wherever he was cut. Where parts are missing he sees nothing new, and goes on
// from the database when the reply is finished.
#pragma once

#include "bus/memory_reply_feed.hpp"
#include "bus/reply_parts.hpp"
#include "bus/signals.hpp"
#include "bus/subscribers.hpp"
#include "net/runtime.hpp"

namespace pollux::bus {

class StoredReplyFeed final : public ReplyFeed {
public:
    StoredReplyFeed(ReplyParts& parts, Signals& signals);

    void start(asio::any_io_executor const& executor); // Of the copier.

    asio::awaitable<void> begin(UserId user, MessageId reply, std::int64_t attempt, std::string model) override;
    asio::awaitable<void> append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts) override;
    asio::awaitable<void> cite(MessageId reply, std::int64_t attempt, std::string citations_json) override;
    asio::awaitable<void> end(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<void> pause(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<FeedNews> read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until) override;
    void close() override;

    // After close(): the copier ends. Blocks for a moment, never on an I/O thread.
    void wait();

private:
    struct Copied {
        UserId user;
        FeedPosition sent;
        std::int64_t attempt = 0;
        std::int64_t parts = 0;
    };
    using Places = std::unordered_map<MessageId, FeedPosition>;

    asio::awaitable<void> copy_until_close();
    asio::awaitable<void> copy_all();
    asio::awaitable<void> put(std::vector<ReplyPart> parts, Places ends);
    void note_put(Places const& ends, std::vector<MessageId> const& taken);
    bool is_idle() const;
    std::vector<std::pair<MessageId, Copied>> copied() const;
    std::vector<WrittenReply> take_ended();
    void over(MessageId reply, std::int64_t attempt);
    asio::awaitable<std::optional<FeedNews>> fetch(UserId user, MessageId reply, FeedPosition seen);

    ReplyParts& parts_;
    Signals& signals_;
    MemoryReplyFeed here_;
    std::shared_ptr<Subscribers> const near_ = std::make_shared<Subscribers>(); // Readers of this process, for what only they must hear.
    std::atomic<bool> is_closed_ = false;
    mutable std::mutex mutex_;
    std::unordered_map<MessageId, Copied> copied_; // What this process writes.
    std::vector<WrittenReply> ended_;              // What it wrote; a part may have come too late.
    net::Wakeup begun_;
    net::Wakeup closed_;
    net::TaskGroup tasks_;
};

} // namespace pollux::bus
