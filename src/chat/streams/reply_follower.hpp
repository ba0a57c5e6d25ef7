// Follows one reply to its end: its feed, and the database whenever the feed has nothing to say. So a lost feed or a lost wake-up only
// delays, and so does a database that cannot be asked: it is asked again.
#pragma once

#include "base/error.hpp"
#include "chat/rooms/message.hpp"
#include "chat/streams/reply_feed.hpp"

#include <chrono>
#include <functional>

namespace pollux::chat {

namespace asio = boost::asio;

// The reply as the database has it now, for the user who asks: ChatService::message with its arguments bound (by value: it is called
// for as long as the reply is followed). not_found when the room or the message is gone.
using LoadMessage = std::function<asio::awaitable<Result<Message>>()>;

// How long the feed may be silent before the database is asked. A reply without a feed is queued, or its feed was lost; one with a feed
// is only thinking, as a rule.
struct ReplyPace {
    std::chrono::milliseconds silence_absent_max{2'000};
    std::chrono::milliseconds silence_streaming_max{10'000};
    std::chrono::milliseconds silence_queued_max{900}; // Why it waits may change elsewhere, where no feed tells of it.
};

class ReplyFollower {
public:
    // `reply` as it stands now. `feed` must outlive the follower.
    ReplyFollower(ReplyFeed& feed, UserId user, Message reply, LoadMessage load, ReplyPace pace);

    enum class Outcome {
        news,     // More than was seen.
        waits,    // It is queued, and reply().waiting says why: when that was not told before.
        finished, // reply() is how it ended; the feed does not matter any more.
        deleted,  // It is gone, with its room.
        closed,   // The process stops.
        nothing,  // Until then.
    };
    struct Step {
        Outcome outcome = Outcome::nothing;
        FeedNews news; // With Outcome::news.
    };

    // What came after `seen`: at once when there is something, else when it comes, or at `until`.
    asio::awaitable<Step> next(FeedPosition seen, Steady::time_point until);

    // Asks the database, whatever the feed says. Throws nothing for want of it.
    asio::awaitable<void> look();

    // As the database had it when it was last asked.
    Message const& reply() const { return reply_; }
    bool is_deleted() const { return is_deleted_; }

private:
    Steady::time_point look_after_silence(FeedNews::State feed_state, Steady::time_point now) const;
    asio::awaitable<void> look_after(FeedNews::State feed_state, Steady::time_point until);

    ReplyFeed& feed_;
    UserId user_;
    Message reply_;
    LoadMessage load_;
    ReplyPace pace_;
    bool is_deleted_ = false;
    bool could_look_ = true;
    std::optional<Waiting> told_; // What the caller knows.
    Steady::time_point look_at_;  // When to ask the database next, if nothing comes.
};

} // namespace pollux::chat
