#include "chat/message_routes.hpp"

#include "chat/chat_service.hpp"
#include "chat/route_parts.hpp"
#include "chat/streams/reply_events.hpp"
#include "chat/streams/reply_stream.hpp"
#include "http/router.hpp"

namespace pollux::chat {
namespace {

constexpr std::size_t content_characters_max = 32'000;

// Twelve bytes a character, where a client escapes each of them as a surrogate pair.
constexpr std::size_t content_body_bytes_max = 400_KiB;

struct SendMessage {
    Text<1, content_characters_max> content;
};
POLLUX_DESCRIBE(SendMessage, (content))

struct SendQuery {
    std::optional<Int<0, 25>> wait; // Seconds to wait for the reply's end.
    std::optional<Text<0, 128>> lastEventId;
};
POLLUX_DESCRIBE(SendQuery, (wait, lastEventId))

struct VariantsQuery {
    std::optional<Text<1, 200>> cursor;
};
POLLUX_DESCRIBE(VariantsQuery, (cursor))

http::Replay replay_of(bool is_repeat)
{
    return is_repeat ? http::Replay::repeated : http::Replay::first_answer;
}

RequestNames names_of(http::Request const& request)
{
    return {request.request_id, request.client_request_id()};
}

LoadMessage load_message(ChatApi& api, UserId user, RoomId room, MessageId message)
{
    return [&chat = api.chat, user, room, message] { return chat.message(user, room, message); };
}

Result<std::optional<EventId>> resume_place(http::Request const& request, std::optional<Text<0, 128>> const& of_query)
{
    auto const text = last_event_id_of(request, of_query);
    if (!text) return std::optional<EventId>();
    auto const id = parse_event_id(*text);
    if (!id) return id.error();
    return std::optional(*id);
}

// A client library repeats a POST by itself when its stream is cut, and tells what it has seen. Nothing is sent for it: the stream goes
// on. Empty: this is no repeat of anything.
asio::awaitable<Result<std::optional<http::CreatedOrStream<Sent>>>> go_on(ChatApi& api, http::Request const& request, RoomId room,
                                                                          std::string content, std::optional<idempotency::Key> key,
                                                                          EventId last_seen)
{
    auto const user = request.user();
    bool const has_key = key.has_value();
    auto before = co_await api.chat.sent_before(user, room, std::move(content), std::move(key), last_seen);
    if (!before) co_return before.error();
    auto const& found = *before;
    if (!found) {
        if (!has_key) co_return bad_event_id();
        co_return std::optional<http::CreatedOrStream<Sent>>();
    }
    auto const reply = found->reply.id;
    // Where several may be meant, the text is told from its beginning: after `restart` nothing of two replies is put together.
    auto const from = found->is_certain || last_seen.is_end ? last_seen : EventId{};
    auto events = co_await open_reply_stream(api.feed, user, reply, load_message(api, user, room, reply), from);
    if (!events) co_return events.error();
    http::CreatedOrStream<Sent> answer{std::nullopt, bound(std::move(*events), api.reply_streams, api, request), http::Replay::repeated};
    co_return std::optional(std::move(answer));
}

asio::awaitable<Result<http::CreatedOrStream<Sent>>> send_message(ChatApi& api, http::Request const& request, Query<SendQuery> query,
                                                                  SendMessage body)
{
    auto const room = request.path_id<RoomId>("room");
    if (!room) co_return room.error();
    auto key = idempotency_key_of(request);
    if (!key) co_return key.error();
    auto const user = request.user();
    if (request.accepts_event_stream()) {
        auto const last_seen = resume_place(request, query.value.lastEventId);
        if (!last_seen) co_return last_seen.error();
        if (auto const& place = *last_seen) {
            auto going_on = co_await go_on(api, request, *room, body.content.value, *key, *place);
            if (!going_on) co_return going_on.error();
            if (auto& answer = *going_on) co_return std::move(*answer);
        }
    }
    auto made = co_await api.chat.send(user, *room, std::move(body.content.value), std::move(*key), names_of(request));
    if (!made) co_return made.error();

    auto& sent = made->value;
    if (request.accepts_event_stream()) {
        auto load = load_message(api, user, *room, sent.reply.id);
        auto accepted = to_json(sent);
        auto events = make_accepted_stream(api.feed, user, std::move(sent.reply), std::move(load), std::move(accepted));
        events = bound(std::move(events), api.reply_streams, api, request);
        co_return http::CreatedOrStream<Sent>{std::nullopt, std::move(events), replay_of(made->is_repeat)};
    }
    if (query.value.wait && query.value.wait->value > 0) {
        auto const until = Steady::now() + std::chrono::seconds(query.value.wait->value);
        sent.reply = co_await api.chat.when_finished(user, std::move(sent.reply), until);
    }
    co_return http::CreatedOrStream<Sent>{std::move(sent), nullptr, replay_of(made->is_repeat)};
}

asio::awaitable<Result<http::Created<Retried>>> retry_reply(ChatApi& api, http::Request const& request)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    auto key = idempotency_key_of(request);
    if (!key) co_return key.error();
    auto made = co_await api.chat.retry(request.user(), path->room, path->message, std::move(*key), names_of(request));
    if (!made) co_return made.error();
    co_return http::created(std::move(made->value), replay_of(made->is_repeat));
}

asio::awaitable<Result<Message>> show_message(ChatApi& api, http::Request const& request)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    co_return co_await api.chat.message(request.user(), path->room, path->message);
}

asio::awaitable<Result<Message>> stop_reply(ChatApi& api, http::Request const& request)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    co_return co_await api.chat.stop(request.user(), path->room, path->message);
}

asio::awaitable<Result<VariantPage>> list_variants(ChatApi& api, http::Request const& request, Query<VariantsQuery> query)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    auto cursor = query.value.cursor ? std::move(query.value.cursor->value) : std::string();
    co_return co_await api.chat.variants(request.user(), path->room, path->message, std::move(cursor));
}

asio::awaitable<Result<http::Stream>> stream_reply(ChatApi& api, http::Request const& request, Query<ResumeQuery> query)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    auto const last_seen = resume_place(request, query.value.lastEventId);
    if (!last_seen) co_return last_seen.error();
    auto load = load_message(api, request.user(), path->room, path->message);
    auto events = co_await open_reply_stream(api.feed, request.user(), path->message, std::move(load), *last_seen);
    if (!events) co_return events.error();
    co_return http::Stream{bound(std::move(*events), api.reply_streams, api, request)};
}

} // namespace

void add_message_routes(http::Router& router, ChatApi& api)
{
    router.post("/chatroom/{room}/message/", send_message, api,
                {.id = "sendMessage",
                 .summary =
                     "Send a message; its reply is streamed, waited for (?wait=) or fetched later. Last-Event-ID, or lastEventId, goes on "
                     "with the stream of a send that was cut",
                 .tag = "chat",
                 .limits = http::RateClass::send,
                 .body_bytes_max = content_body_bytes_max,
                 .time_max = std::chrono::seconds(40),
                 .errors = {"room_not_found", "bad_event_id", "daily_limit_reached", "room_busy", "queue_full", "busy", "model_not_in_plan",
                            "outcome_unknown", "idempotency_key_reused", "idempotency_in_progress"},
                 .events = accepted_reply_events<Sent>(),
                 .takes_idempotency_key = true});
    router.get("/chatroom/{room}/message/{message}/", show_message, api,
               {.id = "showMessage", .summary = "Show a message as it stands", .tag = "chat", .errors = {"message_not_found"}});
    router.get("/chatroom/{room}/message/{message}/stream/", stream_reply, api,
               {.id = "streamReply",
                .summary = "Stream a reply while it is written; Last-Event-ID, or lastEventId, goes on where it was left",
                .tag = "chat",
                .errors = {"message_not_found", "bad_event_id"},
                .events = reply_events(),
                .may_have_ended = true});
    router.post("/chatroom/{room}/message/{message}/stop/", stop_reply, api,
                {.id = "stopReply", .summary = "Stop a reply; what it has so far stays", .tag = "chat", .errors = {"message_not_found"}});
    router.post(
        "/chatroom/{room}/message/{message}/retry/", retry_reply, api,
        {.id = "retryReply",
         .summary = "Try again; another variant of a reply",
         .tag = "chat",
         .limits = http::RateClass::send,
         .errors = {"room_not_found", "message_not_found", "reply_running", "too_many_variants", "daily_limit_reached", "room_busy",
                    "queue_full", "busy", "model_not_in_plan", "outcome_unknown", "idempotency_key_reused", "idempotency_in_progress"},
         .takes_idempotency_key = true});
    router.get("/chatroom/{room}/message/{message}/variants/", list_variants, api,
               {.id = "listVariants",
                .summary = "List the variants of a reply; oldest first",
                .tag = "chat",
                .errors = {"message_not_found", "cursor_invalid"}});
}

} // namespace pollux::chat
