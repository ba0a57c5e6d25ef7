// GET /events/: what changes for a user, as Server-Sent Events. The first event is `ready {}`, whose id a client can resume from, or,
// when its last id is not known any more, `reset {}`: fetch everything again. Then the notices as they come.
#pragma once

#include "bus/notices.hpp"
#include "http/event_stream.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

struct EventsReader {
    UserId user;
    SessionId session;
    std::optional<std::string> last_event_id; // The header's value; whatever it holds, an unknown one is answered with `reset`.
    std::chrono::minutes time_max{30};        // Then the stream ends cleanly and the client comes back.
};

// Ends after `time_max`, when the process stops, and after a notice `session_ended` of this session, {"session": id}, which the client
// still gets. A caller that must not rely on that notice ends the stream with its session (bounded_stream.hpp). `notices` must outlive the
// stream.
std::unique_ptr<http::EventStream> make_events_stream(bus::Notices& notices, EventsReader reader);

} // namespace pollux::chat
