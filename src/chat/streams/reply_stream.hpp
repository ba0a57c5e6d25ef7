// Server-Sent Events of one reply: `start`, `delta`, `thought`, `citations`, `restart`, and one `done` or `error` at the end.
// Reading never changes the reply, and a reader that goes away never stops it.
#pragma once

#include "chat/streams/reply_follower.hpp"
#include "chat/streams/reply_stream_state.hpp"
#include "http/event_stream.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

// GET .../message/{mid}/stream/. `resume_from`: the last id that the reader has seen. Errors: malformed "bad_event_id" (400) for an id
// that was never given out, or that stands inside a character; not_found as `load` says, and for a message that is no reply. Null, which is
// 204, for an "<attempt>-end" of a finished reply: there is nothing more. `feed` must outlive the stream.
asio::awaitable<Result<std::unique_ptr<http::EventStream>>> open_reply_stream(ReplyFeed& feed, UserId user, MessageId reply,
                                                                              LoadMessage load, std::optional<EventId> resume_from,
                                                                              ReplyPace pace = {});

// POST .../message/ with Accept: text/event-stream: first the event `accepted` with `accepted_json` (the JSON of Sent) and the id of a
// client that has seen nothing of a reply, so that one that is cut comes back with one; then the events of `reply`, which is given as it
// stands now.
std::unique_ptr<http::EventStream> make_accepted_stream(ReplyFeed& feed, UserId user, Message reply, LoadMessage load,
                                                        std::string accepted_json, ReplyPace pace = {});

} // namespace pollux::chat
