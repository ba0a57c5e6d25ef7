// Where replies are put in parts, so that readers in other processes find them: the store behind StoredReplyFeed. It may lose them.
#pragma once

#include "chat/streams/reply_feed.hpp"

#include <vector>

namespace pollux::chat {

// A reply that is being written, and whose it is.
struct WrittenReply {
    UserId user;
    MessageId reply;
};

// What came since the part before it.
struct ReplyPart {
    UserId user;
    MessageId reply;
    std::int64_t attempt = 0;
    std::int64_t number = 0; // From 0 on in each attempt.
    std::string model;
    std::size_t text_from = 0; // Bytes that stand before it.
    std::size_t thoughts_from = 0;
    std::uint64_t citations_version = 0;
    std::string text;
    std::string thoughts;
    std::string citations_json; // All of them, when they changed; else empty.
};

// The parts of the newest attempt, in their order.
struct FoundParts {
    std::int64_t attempt = 0; // 0: there are none.
    std::vector<ReplyPart> parts;
};

class ReplyParts {
public:
    virtual ~ReplyParts() = default;

    // A part of a known number replaces that one. Returns the replies whose parts were taken; the others are not being written with
    // that attempt any more.
    virtual asio::awaitable<std::vector<MessageId>> put(std::vector<ReplyPart> parts) = 0;

    // Those that end after `seen`, from the earliest on, some hundred at most; all of them when the attempt is another.
    virtual asio::awaitable<FoundParts> find(UserId user, MessageId reply, FeedPosition seen) = 0;

    // Deletes the parts of those among `replies` that nobody writes any more. The end of a reply does so itself; this is for what
    // was being put at that moment.
    virtual asio::awaitable<void> delete_ended(std::vector<WrittenReply> replies) = 0;

    // The same of all replies: what a process could not delete because it died at that moment.
    virtual asio::awaitable<void> delete_stale() = 0;
};

} // namespace pollux::chat
