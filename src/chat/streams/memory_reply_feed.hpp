// The reply feed of one process. A writer costs one short lock and one post a waiting reader; a reader takes text[offset:], so a slow
// one needs no queue. What ended is kept a few seconds for readers who are just reconnecting, then forgotten: by whatever touches the
// same shard next, not by a thread. Safe from any thread.
#pragma once

#include "base/literals.hpp"
#include "base/steady_now.hpp"
#include "chat/streams/reply_feed.hpp"
#include "net/wakeup.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace pollux::chat {

struct ReplyFeedLimits {
    std::chrono::milliseconds ended_kept{5'000};
    std::size_t ended_max = 20'000;   // Replies that ended and are still kept.
    std::size_t written_max = 50'000; // Replies that are being written; over it a reply has no feed, and readers use the database.
    std::size_t bytes_max = 256_MiB;  // Of all texts and thoughts; a reply that goes over it has no feed any more.
};

class MemoryReplyFeed final : public ReplyFeed {
public:
    explicit MemoryReplyFeed(ReplyFeedLimits limits = {}, SteadyNow now = steady_now());
    ~MemoryReplyFeed() override;

    asio::awaitable<void> begin(UserId user, MessageId reply, std::int64_t attempt, std::string model) override;
    asio::awaitable<void> append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts) override;
    asio::awaitable<void> cite(MessageId reply, std::int64_t attempt, std::string citations_json) override;
    asio::awaitable<void> end(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<void> pause(MessageId reply, std::int64_t attempt) override;
    asio::awaitable<FeedNews> read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until) override;
    void close() override;

    // Replies known right now, written, ended or only waited for.
    std::size_t size() const;
    std::size_t bytes() const { return bytes_; }

private:
    struct Entry;
    class ReaderCount;

    struct Ended {
        Steady::time_point forget_at;
        MessageId reply;
        std::int64_t attempt = 0;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<MessageId, std::shared_ptr<Entry>> entries;
        std::deque<Ended> ended; // Oldest first.
        std::size_t written = 0;
    };
    static constexpr std::size_t shard_count = 64;

    Shard& shard_of(MessageId reply);
    void forget_old(Shard& shard);
    static void drop(Shard& shard, MessageId reply); // Its text; the entry too, unless somebody waits.
    template <class Change>
    void change(MessageId reply, std::int64_t attempt, Change apply);

    ReplyFeedLimits limits_;
    SteadyNow now_;
    std::array<Shard, shard_count> shards_;
    std::atomic<std::size_t> bytes_ = 0;
    std::atomic<bool> is_closed_ = false;
};

} // namespace pollux::chat
