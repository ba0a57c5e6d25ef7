// The events of a reply's stream: what stands in their data, and what the API's document says of them.
#pragma once

#include "chat/rooms/message.hpp"
#include "http/response.hpp"

#include <vector>

namespace pollux::chat {

struct StartEvent {
    MessageId message_id;
    std::int64_t attempt = 0;
    std::optional<std::string> model;
};
POLLUX_DESCRIBE(StartEvent, (message_id, attempt, model))

struct RestartEvent {
    std::int64_t attempt = 0;
    std::optional<std::string> model; // null where the reader knows it already.
};
POLLUX_DESCRIBE(RestartEvent, (attempt, model))

// Of an `error`: a reply that failed has its message, one whose room was deleted has none.
struct ErrorEvent {
    Omittable<Message> message;
    MessageError error;
};
POLLUX_DESCRIBE(ErrorEvent, (message, error))

// Of GET .../stream/.
std::vector<http::EventShape> reply_events();
// Of a send that is answered by a stream: the same behind `accepted`.
template <class Accepted>
std::vector<http::EventShape> accepted_reply_events()
{
    auto events = reply_events();
    events.insert(events.begin(), http::event_shape<Accepted>("accepted", "the message and its reply are stored."));
    return events;
}
// Of GET /events/.
std::vector<http::EventShape> notice_events();

} // namespace pollux::chat
