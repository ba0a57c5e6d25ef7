#include "chat/streams/reply_events.hpp"

#include "bus/session_ended.hpp"
#include "chat/rooms/notice_data.hpp"

namespace pollux::chat {
namespace {

struct TextEvent {
    std::string text;
};
POLLUX_DESCRIBE(TextEvent, (text))

struct CitationsEvent {
    CitationsJson citations;
};
POLLUX_DESCRIBE(CitationsEvent, (citations))

struct DoneEvent {
    Message message;
};
POLLUX_DESCRIBE(DoneEvent, (message))

} // namespace

std::vector<http::EventShape> reply_events()
{
    using http::event_shape;
    return {event_shape<Waiting>("waiting", "why nothing is written yet, and until when, where that is known."),
            event_shape<StartEvent>("start", "the reply is being written."),
            event_shape<RestartEvent>("restart", "it is written again: forget the text so far."),
            event_shape<TextEvent>("thought", "the next piece of the model's thoughts."),
            event_shape<TextEvent>("delta", "the next piece of the text."),
            event_shape<CitationsEvent>("citations", "all sources that are known by now."),
            event_shape<DoneEvent>("done", "the whole message; the last event."),
            event_shape<ErrorEvent>("error", "the reply failed, or its room is gone; the last event.")};
}

std::vector<http::EventShape> notice_events()
{
    using http::event_shape;
    return {event_shape<EmptyNotice>("ready", "what changes from now on is told."),
            event_shape<EmptyNotice>("reset", "too much was missed: fetch anew what is shown."),
            event_shape<MessageNotice>("message", "a message was sent."),
            event_shape<ReplyNotice>("reply", "a reply began, went on or ended; one of a lower attempt than was seen is to be ignored."),
            event_shape<RoomNotice>("room", "a room was made or changed."),
            event_shape<RoomNotice>("room_deleted", "a room is gone."),
            event_shape<EmptyNotice>("usage", "the day's quota changed."),
            event_shape<EmptyNotice>("plan", "the plan changed."),
            event_shape<bus::SessionEnded>("session_ended", "a session is over; of this one it is the last event.")};
}

} // namespace pollux::chat
