#include "chat/streams/reply_events.hpp"

namespace pollux::chat {
namespace {

struct TextEvent {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(TextEvent, (), (text))

struct CitationsEvent {
    CitationsJson citations;
};
BOOST_DESCRIBE_STRUCT(CitationsEvent, (), (citations))

struct DoneEvent {
    Message message;
};
BOOST_DESCRIBE_STRUCT(DoneEvent, (), (message))

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
    return {{"ready", "what changes from now on is told."},
            {"reset", "too much was missed: fetch again what is shown."},
            {"message", "a message was sent."},
            {"reply", "a reply began, went on or ended."},
            {"room", "a room was made or changed."},
            {"room_deleted", "a room is gone."},
            {"usage", "the day's quota changed."},
            {"plan", "the plan changed."},
            {"session_ended", "this session is over; the last event."}};
}

} // namespace pollux::chat
