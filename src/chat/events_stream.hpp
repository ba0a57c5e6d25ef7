// GET /events/: what changes for a user, as Server-Sent Events. The first event is `ready {}`, whose id a client can resume from, or,
// when its last id is not known any more, `reset {}`: fetch anew. Then the notices as they come.
#pragma once

#include "bus/notices.hpp"
#include "http/event_stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

struct EventsReader {
    UserId user;
    SessionId session;
    std::optional<std::string> last_event_id; // The header's value; whatever it holds, an unknown one is answered with `reset`.
    std::function<bool()> is_session_ended;   // Asked before every wait; may be empty.
    std::chrono::minutes time_max{30};        // Then the stream ends cleanly and the client comes back.
};

// Ends after `time_max`, when the process stops, and when the session has ended: by the predicate, or by a notice `session_ended` with
// {"session": id}, which the client still gets. `notices` must outlive the stream.
std::unique_ptr<http::EventStream> make_events_stream(bus::Notices& notices, EventsReader reader);

} // namespace pollux::chat
