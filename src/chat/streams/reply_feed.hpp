// What a reply has so far, from the worker that writes it to any number of readers. It makes things fast, no more: a feed may be
// lost at any moment, and readers then go on from the database.
//
// Offsets count UTF-8 bytes from the beginning of the text (or of the thoughts) of one attempt, and stand between characters.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::chat {

namespace asio = boost::asio;

// How far a reader has got.
struct FeedPosition {
    std::int64_t attempt = 0; // 0: has seen nothing.
    std::size_t text_bytes = 0;
    std::size_t thought_bytes = 0;
    std::uint64_t citations_version = 0;
};

struct FeedNews {
    enum class State {
        absent,    // No writer is known here: queued, running elsewhere, or over. Ask the database.
        streaming, // Fields below hold what came after the position, or everything when the attempt is another.
        ended,     // The finished message is in the database. The fields below still hold what came after the position.
        closed,    // The process stops: end the stream, the client comes back with its last id.
    };
    State state = State::absent;
    std::int64_t attempt = 0;
    std::string model; // When the attempt is not position.attempt.
    std::string text;  // From position.text_bytes on when the attempt is position.attempt, else from 0.
    std::string thoughts;
    std::string citations_json; // All citations when they changed after the position, else empty.
    FeedPosition position;      // Where the reader stands after taking these news.
};

// Whether they tell a reader at `seen` anything.
inline bool has_news(FeedNews const& news, FeedPosition const& seen)
{
    if (news.state != FeedNews::State::streaming) return news.state != FeedNews::State::absent;
    return news.attempt != seen.attempt || !news.text.empty() || !news.thoughts.empty() || !news.citations_json.empty();
}

class ReplyFeed {
public:
    virtual ~ReplyFeed() = default;

    // The user is the one whose reply it is: a store may need the user to find it.

    // Writer. begin() starts an attempt with empty text; a higher attempt replaces a lower one and a write of a lower is ignored.
    virtual asio::awaitable<void> begin(UserId user, MessageId reply, std::int64_t attempt, std::string model) = 0;
    virtual asio::awaitable<void> append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts) = 0;
    virtual asio::awaitable<void> cite(MessageId reply, std::int64_t attempt, std::string citations_json) = 0;
    // After the finish (or the failure, stop, deletion) is committed. Readers are woken; the feed is forgotten a little later.
    virtual asio::awaitable<void> end(MessageId reply, std::int64_t attempt) = 0;
    // The attempt is given up without an end (the job is put back): readers wait for the next attempt.
    virtual asio::awaitable<void> pause(MessageId reply, std::int64_t attempt) = 0;

    // Reader. Returns at once when there is more than `seen`, else at the next change or at `until` (then with empty fields). News are
    // at most 64 KiB each of text and thoughts, cut between characters; what is left comes with the next read().
    virtual asio::awaitable<FeedNews> read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until) = 0;

    // At a stop: every waiting and every later read() returns at once.
    virtual void close() = 0;
};

} // namespace pollux::chat
