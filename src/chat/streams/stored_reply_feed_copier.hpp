// Brings what this process writes to the store: four times a second, what is new of all replies in one statement, which it signals then.
// While nobody needs that it puts nothing, and what it had put is deleted when a reply is over. What a process could not delete because it
// died is deleted when the next one starts, and by the task clean_up.
#pragma once

#include "bus/signals.hpp"
#include "chat/streams/memory_reply_feed.hpp"
#include "chat/streams/reply_parts.hpp"
#include "net/runtime.hpp"

namespace pollux::chat {

class StoredReplyFeedCopier {
public:
    // `here` is what this process writes; `is_needed` is asked from any thread.
    StoredReplyFeedCopier(ReplyParts& parts, bus::Signals& signals, std::function<bool()> is_needed, std::shared_ptr<MemoryReplyFeed> here);

    void start(asio::any_io_executor const& executor);

    void begun(UserId user, MessageId reply, std::int64_t attempt); // Is written here from now on.
    void over(MessageId reply, std::int64_t attempt);               // Ended, or given up.
    void look_now() { begun_.notify(); }

    void close();

    // After close(): it ends. Blocks for a moment, never on an I/O thread.
    void wait();

private:
    struct Copied {
        UserId user;
        FeedPosition sent;
        std::int64_t attempt = 0;
        std::int64_t parts = 0;
        bool was_put = false; // A part of it may stand in the store, or be on its way there.
    };
    using Places = std::unordered_map<MessageId, FeedPosition>;

    asio::awaitable<void> copy_until_close();
    asio::awaitable<void> copy_all();
    asio::awaitable<void> put(std::vector<ReplyPart> parts, Places ends);
    void note_put(Places const& ends, std::vector<MessageId> const& taken);
    bool is_idle() const;
    std::vector<std::pair<MessageId, Copied>> take_copied();
    std::vector<WrittenReply> take_ended();
    void keep_ended(std::vector<WrittenReply> const& ended);

    ReplyParts& parts_;
    bus::Signals& signals_;
    std::function<bool()> const is_needed_;
    std::shared_ptr<MemoryReplyFeed> const here_;
    std::atomic<bool> is_closed_ = false;
    mutable std::mutex mutex_;
    std::unordered_map<MessageId, Copied> copied_; // What this process writes.
    std::vector<WrittenReply> ended_;              // What it wrote; a part may have come too late.
    net::Wakeup begun_;
    net::Wakeup closed_;
    net::TaskGroup tasks_;
};

} // namespace pollux::chat
