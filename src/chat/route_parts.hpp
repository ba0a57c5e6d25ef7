// What the handlers of this room have in common.
#pragma once

#include "chat/chat_routes.hpp"
#include "chat/idempotency.hpp"
#include "chat/session_stream.hpp"
#include "http/request.hpp"

#include <optional>

namespace pollux::chat {

// The Idempotency-Key of a request, together with what it stands for. nullopt without the header; 400 when it is none.
inline Result<std::optional<IdempotencyKey>> idempotency_key_of(http::Request const& request)
{
    auto key = request.idempotency_key();
    if (!key) return key.error();
    if (!*key) return std::optional<IdempotencyKey>();
    return std::optional(IdempotencyKey{std::move(**key), hash_request(request.method, request.path, request.body)});
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

// `stream`, which ends soon after the session of whoever asked for it.
inline std::unique_ptr<http::EventStream> bound_to_session(std::unique_ptr<http::EventStream> stream, ChatApi& api,
                                                           http::Request const& request)
{
    if (!api.is_session_ended) return stream;
    return bound_to_session(std::move(stream), [&api, session = request.session()] { return api.is_session_ended(session); });
}

} // namespace pollux::chat
