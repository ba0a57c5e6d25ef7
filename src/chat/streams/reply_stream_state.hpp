// What a reader of a reply's events has got and what comes next: news of the feed or the finished message in, framed events out. No
// I/O, so that every cut, loss and restart is a plain test.
//
// Whatever a reader goes through, the text of its delta events since the last `restart` (or since the beginning) is a prefix of the
// text of that attempt, and with `done` it is the stored text. Ids rise. The same holds for `thought` events and the thoughts.
#pragma once

#include "base/error.hpp"
#include "chat/rooms/message.hpp"
#include "chat/streams/reply_feed.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pollux::chat {

// The id of an event: "<attempt>-<text offset>", "<attempt>-<text offset>-<thought offset>" once there are thoughts, or
// "<attempt>-end". Offsets are UTF-8 bytes of the attempt's text up to and with this event.
struct EventId {
    std::int64_t attempt = 0;
    std::size_t text_bytes = 0;
    std::size_t thought_bytes = 0;
    bool is_end = false;
    bool operator==(EventId const&) const = default;
};

// Strict: decimal digits as we write them. Anything else is malformed "bad_event_id".
Result<EventId> parse_event_id(std::string_view text);
std::string to_string(EventId const& id);
Error bad_event_id();

// False when `id` names a place inside a character: it was never given out. Past the end of the text counts as possible. `news` are
// what the feed has after position_of(id).
bool stands_between_characters(EventId const& id, Message const& finished);
bool stands_between_characters(EventId const& id, FeedNews const& news);
FeedPosition position_of(EventId const& id);

// Whether the stream of this reply may have given that id.
bool may_have_given(Message const& reply, EventId const& id);

class ReplyStreamState {
public:
    // `resume_from`: the last id the reader has seen, if it has seen any.
    ReplyStreamState(MessageId reply, std::optional<EventId> resume_from);

    // What the reader has got: read the feed from here.
    FeedPosition const& position() const { return position_; }

    // The events that these news, read from position(), make. May be empty.
    std::string take(FeedNews const& news);

    // The next events of a finished message, a piece of about 64 KiB; call again until is_over(). Never empty.
    std::string take(Message const& finished);

    // The reply is queued: the reader is told why.
    std::string take_waiting(Waiting const& waiting) const;

    // The room or the message is gone: the last event.
    std::string take_deleted();

    // `done` or `error` went out.
    bool is_over() const { return is_over_; }

private:
    void enter_attempt(std::string& out, std::int64_t attempt, std::optional<std::string> model);
    void append_piece(std::string& out, std::string_view name, std::string_view text, std::size_t& offset);
    void append_all(std::string& out, std::string_view name, std::string_view text, std::size_t& offset);
    void append_end(std::string& out, Message const& finished);
    std::string id() const;

    MessageId reply_;
    FeedPosition position_;
    bool has_started_ = false; // The reader knows of an attempt: another one is a restart.
    bool is_over_ = false;
};

} // namespace pollux::chat
