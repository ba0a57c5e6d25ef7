// Rooms and messages as the API shows them (design of the wire: docs/architecture.md, "HTTP API").
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "chat/rooms/room_name.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::chat {
struct CitationsJson;
struct CitationView;
} // namespace pollux::chat

namespace pollux {

template <>
struct Json<chat::CitationsJson> {
    static void write(std::string& out, chat::CitationsJson const& value);
    static std::string schema(SchemaBook& book);
};

} // namespace pollux

namespace pollux::chat {

enum class MessageRole { user, assistant };
BOOST_DESCRIBE_ENUM(MessageRole, user, assistant)

enum class MessageStatus { completed, queued, streaming, stopped, failed };
BOOST_DESCRIBE_ENUM(MessageStatus, completed, queued, streaming, stopped, failed)

enum class MessageFinish { stop, length, blocked, other };
BOOST_DESCRIBE_ENUM(MessageFinish, stop, length, blocked, other)

struct CitationView {
    std::string url;
    std::string title;
    std::int64_t start = 0; // UTF-8 bytes into content.
    std::int64_t end = 0;
};
POLLUX_DESCRIBE(CitationView, (url, title, start, end))

struct MessageError {
    std::string code;   // "worker_lost", "upstream_failed", "reply_without_text", "reply_too_large", "reply_not_storable".
    std::string detail; // Safe to show.
};
POLLUX_DESCRIBE(MessageError, (code, detail))

struct MessageUsage {
    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    std::int64_t thought_tokens = 0;
    bool estimated = false; // The provider did not say.
};
POLLUX_DESCRIBE(MessageUsage, (prompt_tokens, completion_tokens, thought_tokens, estimated))

// Why a reply is queued, and when that is over, as far as it is known. Waiting for one's turn has no known end.
enum class WaitReason { queue, model_unavailable, rate_limited };
BOOST_DESCRIBE_ENUM(WaitReason, queue, model_unavailable, rate_limited)

struct Waiting {
    WaitReason reason = WaitReason::queue;
    std::optional<Time> retry_at;
    bool operator==(Waiting const&) const = default;
};
POLLUX_DESCRIBE(Waiting, (reason, retry_at))

// A JSON array of CitationView, as it is kept.
struct CitationsJson {
    std::string text = "[]";
};

struct Message {
    MessageId id;
    RoomId chatroom;
    MessageRole role = MessageRole::user;
    MessageStatus status = MessageStatus::completed;
    std::string content;
    std::string thoughts;
    CitationsJson citations;
    std::optional<MessageId> reply_to;
    std::int64_t variant = 1;
    std::int64_t variants = 1;
    std::optional<std::string> model;           // The one that wrote it; until it is finished, the one that is asked first.
    std::optional<std::string> requested_model; // The one that it was sent to.
    std::optional<MessageFinish> finish_reason;
    std::optional<MessageError> error;
    std::optional<MessageUsage> usage;
    std::optional<Waiting> waiting; // Of a queued reply.
    Time created_at;
    std::optional<Time> started_at; // Of a reply: since when it is, or was, written.
    std::optional<Time> completed_at;
    std::optional<std::int64_t> thought_ms; // From asking the model to its first text, where it showed thoughts.
    std::optional<std::string> request_id;  // Of the send or the retry that made it, as the log names it.
    std::int64_t attempt = 0;               // Of the stream; not shown.

    bool is_finished() const { return status != MessageStatus::queued && status != MessageStatus::streaming; }
};
POLLUX_DESCRIBE(Message, (id, chatroom, role, status, content, thoughts, citations, reply_to, variant, variants, model, requested_model,
                          finish_reason, error, usage, waiting, created_at, started_at, completed_at, thought_ms, request_id))

struct LastMessage {
    std::string text; // Cut to 120 characters.
    MessageRole role = MessageRole::user;
    Time created_at;
};
POLLUX_DESCRIBE(LastMessage, (text, role, created_at))

struct Room {
    RoomId id;
    std::string name;
    NamedBy named_by = NamedBy::nobody;
    std::optional<std::string> model;
    std::string system_prompt;
    bool pinned = false;
    bool running = false; // A reply in it waits or is being written.
    Time created_at;
    Time updated_at;
    std::optional<LastMessage> last_message;
};
POLLUX_DESCRIBE(Room, (id, name, named_by, model, system_prompt, pinned, running, created_at, updated_at, last_message))

// A room in a list: its system prompt may be long, and is told with the room.
struct ListedRoom {
    RoomId id;
    std::string name;
    NamedBy named_by = NamedBy::nobody;
    std::optional<std::string> model;
    bool pinned = false;
    bool running = false;
    Time created_at;
    Time updated_at;
    std::optional<LastMessage> last_message;
};
POLLUX_DESCRIBE(ListedRoom, (id, name, named_by, model, pinned, running, created_at, updated_at, last_message))

// What a send answers.
struct UsageNow {
    std::string tier;
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::int64_t remaining = 0;
    Time resets_at;
};
POLLUX_DESCRIBE(UsageNow, (tier, limit, used, remaining, resets_at))

struct Sent {
    Message message;
    Message reply;
    std::string stream_url;
    UsageNow usage;
};
POLLUX_DESCRIBE(Sent, (message, reply, stream_url, usage))

struct Retried {
    Message reply;
    std::string stream_url;
};
POLLUX_DESCRIBE(Retried, (reply, stream_url))

} // namespace pollux::chat
