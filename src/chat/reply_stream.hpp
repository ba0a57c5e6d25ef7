// Server-Sent Events of one reply: `start`, `delta`, `thought`, `citations`, `restart`, and one `done` or `error` at the end. It
// follows the reply feed and looks into the database whenever the feed has nothing to say, so a lost feed or a lost wake-up only
// delays. Reading never changes the reply, and a reader that goes away never stops it.
#pragma once

#include "base/error.hpp"
#include "bus/reply_feed.hpp"
#include "chat/message.hpp"
#include "http/event_stream.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

// The reply as the database has it now, for the user who asks: ChatService::message with its arguments bound (by value: it is called
// for as long as the stream lives). not_found when the room or the message is gone.
using LoadMessage = std::function<asio::awaitable<Result<Message>>()>;

// How long the feed may be silent before the database is asked. A reply without a feed is queued, or its feed was lost; one with a feed
// is only thinking, as a rule.
struct ReplyStreamPace {
    std::chrono::milliseconds silence_absent_max{2'000};
    std::chrono::milliseconds silence_streaming_max{10'000};
};

// GET .../message/{mid}/stream/. `last_event_id` is the header's value. Errors: malformed "bad_event_id" (400) for an id that was
// never given out, or that stands inside a character; not_found as `load` says, and for a message that is no reply. Null, which is
// 204, for an "<attempt>-end" of a finished reply: there is nothing more. `feed` must outlive the stream.
asio::awaitable<Result<std::unique_ptr<http::EventStream>>> open_reply_stream(bus::ReplyFeed& feed, UserId user, MessageId reply,
                                                                              LoadMessage load, std::optional<std::string> last_event_id,
                                                                              ReplyStreamPace pace = {});

// POST .../message/ with Accept: text/event-stream: first the event `accepted` with `accepted_json` (the JSON of Sent), then the events
// of `reply`, which is given as it stands now.
std::unique_ptr<http::EventStream> make_accepted_stream(bus::ReplyFeed& feed, UserId user, Message reply, LoadMessage load,
                                                        std::string accepted_json, ReplyStreamPace pace = {});

} // namespace pollux::chat
