// What the handlers of this room have in common.
#pragma once

#include "base/json_types.hpp"
#include "chat/chat_routes.hpp"
#include "chat/streams/bounded_stream.hpp"
#include "http/request.hpp"
#include "idempotency/idempotency.hpp"

#include <optional>

namespace pollux::chat {

// The Idempotency-Key of a request, together with what it stands for. nullopt without the header; 400 when it is none.
inline Result<std::optional<idempotency::Key>> idempotency_key_of(http::Request const& request)
{
    auto key = request.idempotency_key();
    if (!key) return key.error();
    auto& sent = *key;
    if (!sent) return std::optional<idempotency::Key>();
    return std::optional(idempotency::Key{std::move(*sent), idempotency::hash_request(request.method, request.path, request.body)});
}

// What pages cannot put into a header: an EventSource that sends Authorization is a polyfill, and puts the last id here.
struct ResumeQuery {
    std::optional<Text<0, 128>> lastEventId;
};
POLLUX_DESCRIBE(ResumeQuery, (lastEventId))

// The last id that the reader of a stream has seen, as it came: the header counts, since it is newer than the address of a request.
inline std::optional<std::string> last_event_id_of(http::Request const& request, std::optional<Text<0, 128>> const& of_query)
{
    if (auto const header = request.header("Last-Event-ID")) return std::string(*header);
    if (of_query && !of_query->value.empty()) return of_query->value;
    return std::nullopt;
}

// {room} and {message} of a path.
struct MessagePath {
    RoomId room;
    MessageId message;
};
inline Result<MessagePath> message_path(http::Request const& request)
{
    auto const room = request.path_id<RoomId>("room");
    if (!room) return room.error();
    auto const message = request.path_id<MessageId>("message");
    if (!message) return message.error();
    return MessagePath{*room, *message};
}

// `stream`, which ends soon after the session that asked for it, and when a newer one of the same user needs its place.
inline std::unique_ptr<http::EventStream> bound(std::unique_ptr<http::EventStream> stream, StreamPlaces& places, ChatApi& api,
                                                http::Request const& request)
{
    if (!stream) return stream;
    return ended_when(std::move(stream), [&api, session = request.session(), place = places.enter(request.user())] {
        return place->is_taken() || (api.is_session_ended && api.is_session_ended(session));
    });
}

} // namespace pollux::chat
