#include "chat/chat_routes.hpp"
#include "chat/chat_service.hpp"
#include "chat/reply_stream.hpp"
#include "chat/route_parts.hpp"
#include "http/router.hpp"

namespace pollux::chat {
namespace {

constexpr std::size_t content_characters_max = 32'000;

// Twelve bytes a character, where a client escapes each of them as a surrogate pair.
constexpr std::size_t content_body_bytes_max = 400_KiB;

struct SendMessage {
    Text<1, content_characters_max> content;
};
BOOST_DESCRIBE_STRUCT(SendMessage, (), (content))

struct SendQuery {
    std::optional<Int<0, 25>> wait; // Seconds to wait for the reply's end.
};
BOOST_DESCRIBE_STRUCT(SendQuery, (), (wait))

struct VariantList {
    std::vector<Message> results;
    std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(VariantList, (), (results, next))

http::Replay replay_of(bool is_repeat)
{
    return is_repeat ? http::Replay::repeated : http::Replay::first_answer;
}

LoadMessage load_message(ChatApi& api, UserId user, RoomId room, MessageId message)
{
    return [&chat = api.chat, user, room, message] { return chat.message(user, room, message); };
}

asio::awaitable<Result<http::CreatedOrStream<Sent>>> send_message(ChatApi& api, http::Request const& request, Query<SendQuery> query,
                                                                  SendMessage body)
{
    auto const room = request.path_id<RoomId>("room");
    if (!room) co_return room.error();
    auto key = idempotency_key_of(request);
    if (!key) co_return key.error();
    auto const user = request.user();
    auto made = co_await api.chat.send(user, *room, std::move(body.content.value), std::move(*key));
    if (!made) co_return made.error();

    auto& sent = made->value;
    if (request.accepts_event_stream()) {
        auto load = load_message(api, user, *room, sent.reply.id);
        auto accepted = to_json(sent);
        auto events = make_accepted_stream(api.feed, user, std::move(sent.reply), std::move(load), std::move(accepted));
        events = bound_to_session(std::move(events), api, request);
        co_return http::CreatedOrStream<Sent>{std::nullopt, std::move(events), replay_of(made->is_repeat)};
    }
    if (query.value.wait && query.value.wait->value > 0) {
        auto const until = Steady::now() + std::chrono::seconds(query.value.wait->value);
        auto reply = co_await api.chat.finished_message(user, *room, sent.reply.id, until);
        if (reply) sent.reply = std::move(*reply); // Otherwise the room was deleted meanwhile; what was sent was sent.
    }
    co_return http::CreatedOrStream<Sent>{std::move(sent), nullptr, replay_of(made->is_repeat)};
}

asio::awaitable<Result<http::Created<Retried>>> retry_reply(ChatApi& api, http::Request const& request)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    auto key = idempotency_key_of(request);
    if (!key) co_return key.error();
    auto made = co_await api.chat.retry(request.user(), path->room, path->message, std::move(*key));
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

asio::awaitable<Result<VariantList>> list_variants(ChatApi& api, http::Request const& request)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    auto variants = co_await api.chat.variants(request.user(), path->room, path->message);
    if (!variants) co_return variants.error();
    co_return VariantList{std::move(*variants), std::nullopt};
}

asio::awaitable<Result<http::Stream>> stream_reply(ChatApi& api, http::Request const& request)
{
    auto const path = message_path(request);
    if (!path) co_return path.error();
    std::optional<std::string> last_id;
    if (auto const header = request.header("Last-Event-ID")) last_id = std::string(*header);
    auto load = load_message(api, request.user(), path->room, path->message);
    auto events = co_await open_reply_stream(api.feed, request.user(), path->message, std::move(load), std::move(last_id));
    if (!events) co_return events.error();
    co_return http::Stream{bound_to_session(std::move(*events), api, request)};
}

} // namespace

void add_message_routes(http::Router& router, ChatApi& api)
{
    router.post("/chatroom/{room}/message/", send_message, api,
                {.id = "sendMessage",
                 .summary = "Send a message; its reply is streamed, waited for (?wait=) or fetched later",
                 .tag = "chat",
                 .limits = http::RateClass::send,
                 .body_bytes_max = content_body_bytes_max,
                 .time_max = std::chrono::seconds(40),
                 .errors = {"room_not_found", "daily_limit_reached", "room_busy", "queue_full", "busy", "model_not_in_plan",
                            "idempotency_key_reused", "idempotency_in_progress"},
                 .takes_idempotency_key = true});
    router.get("/chatroom/{room}/message/{message}/", show_message, api,
               {.id = "showMessage", .summary = "A message as it stands", .tag = "chat", .errors = {"message_not_found"}});
    router.get("/chatroom/{room}/message/{message}/stream/", stream_reply, api,
               {.id = "streamReply",
                .summary = "A reply while it is written; Last-Event-ID goes on where it was left",
                .tag = "chat",
                .errors = {"message_not_found", "bad_event_id"}});
    router.post("/chatroom/{room}/message/{message}/stop/", stop_reply, api,
                {.id = "stopReply", .summary = "Stop a reply; what it has so far stays", .tag = "chat", .errors = {"message_not_found"}});
    router.post("/chatroom/{room}/message/{message}/retry/", retry_reply, api,
                {.id = "retryReply",
                 .summary = "Another variant of a reply",
                 .tag = "chat",
                 .limits = http::RateClass::send,
                 .errors = {"room_not_found", "message_not_found", "reply_running", "too_many_variants", "daily_limit_reached", "room_busy",
                            "queue_full", "busy", "model_not_in_plan", "idempotency_key_reused", "idempotency_in_progress"},
                 .takes_idempotency_key = true});
    router.get("/chatroom/{room}/message/{message}/variants/", list_variants, api,
               {.id = "listVariants", .summary = "The variants of a reply, oldest first", .tag = "chat", .errors = {"message_not_found"}});
}

} // namespace pollux::chat
