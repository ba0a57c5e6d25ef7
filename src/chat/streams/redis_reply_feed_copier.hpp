// Brings what this process writes to Redis: of each reply all that came during one round trip at once. What Redis lost, or could not take,
// is written anew from its beginning.
#pragma once

#include "bus/redis_signals.hpp"
#include "chat/streams/memory_reply_feed.hpp"
#include "net/runtime.hpp"
#include "redis/script.hpp"

namespace pollux::chat {

class RedisReplyFeedCopier {
public:
    // `here` is what this process writes; the copier of a reply ends when that is closed.
    RedisReplyFeedCopier(redis::Client& client, bus::RedisSignals& signals, std::shared_ptr<MemoryReplyFeed> here);

    // From now on, on `executor`. Nothing, when this attempt or a later one is copied already.
    void begin(asio::any_io_executor const& executor, UserId user, MessageId reply, std::int64_t attempt);

    // Then it tells of the attempt's end or pause itself, after the last of the text.
    bool is_at_work(MessageId reply, std::int64_t attempt);

    // For an attempt without a copier.
    void tell_end(MessageId reply, std::int64_t attempt);
    void tell_pause(MessageId reply, std::int64_t attempt);

    // After the close of `here`: the copiers end. Blocks for a moment, never on an I/O thread.
    void wait();

private:
    enum class Copied { yes, lost, superseded };

    asio::awaitable<void> copy(UserId user, MessageId reply, std::int64_t attempt);
    asio::awaitable<void> copy_until_end(UserId user, MessageId reply, std::int64_t attempt);
    asio::awaitable<Copied> put(MessageId reply, FeedNews news);
    asio::awaitable<Copied> add(MessageId reply, FeedNews news, FeedPosition sent);
    // The first arguments of every script.
    std::vector<std::string> fence(MessageId reply, std::int64_t attempt) const;

    redis::Client& client_;
    bus::RedisSignals& signals_;
    std::shared_ptr<MemoryReplyFeed> const here_;
    redis::Script const put_;
    redis::Script const cite_;
    redis::Script const end_;
    redis::Script const pause_;
    std::mutex mutex_;
    std::unordered_map<MessageId, std::int64_t> copied_; // The attempt that has a copier.
    net::TaskGroup copiers_;
};

} // namespace pollux::chat
