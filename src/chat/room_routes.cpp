#include "chat/room_routes.hpp"

#include "chat/chat_service.hpp"
#include "chat/route_parts.hpp"
#include "http/router.hpp"

namespace pollux::chat {
namespace {

constexpr std::size_t name_max = 100;
constexpr std::size_t model_max = 200;
constexpr std::size_t system_prompt_max = 8'000;

struct CreateRoom {
    std::optional<Line<1, name_max>> name;
    std::optional<Line<1, model_max>> model;
    std::optional<Text<0, system_prompt_max>> system_prompt;
};
POLLUX_DESCRIBE(CreateRoom, (name, model, system_prompt))

struct ChangeRoom {
    std::optional<Line<1, name_max>> name;
    std::optional<Nullable<Line<1, model_max>>> model; // null: the default model.
    std::optional<Text<0, system_prompt_max>> system_prompt;
    std::optional<bool> pinned;
};
POLLUX_DESCRIBE(ChangeRoom, (name, model, system_prompt, pinned))

struct RoomsQuery {
    std::optional<Text<0, name_max>> q;
    std::optional<Int<1, 100>> limit;
    std::optional<Text<1, 200>> cursor;
};
POLLUX_DESCRIBE(RoomsQuery, (q, limit, cursor))

struct MessagesQuery {
    std::optional<Int<1, 100>> limit;
    std::optional<Text<1, 200>> cursor;
};
POLLUX_DESCRIBE(MessagesQuery, (limit, cursor))

// A room and a page of its messages, ascending; `next` leads to the page before.
struct RoomWithMessages {
    RoomId id;
    std::string name;
    NamedBy named_by = NamedBy::nobody;
    std::optional<std::string> model;
    std::string system_prompt;
    bool pinned = false;
    Time created_at;
    Time updated_at;
    std::optional<LastMessage> last_message;
    std::vector<Message> messages;
    std::optional<std::string> next;
};
POLLUX_DESCRIBE(RoomWithMessages, (id, name, named_by, model, system_prompt, pinned, created_at, updated_at, last_message, messages, next))

template <class T>
std::optional<std::string> text_of(std::optional<T> value)
{
    if (!value) return std::nullopt;
    return std::move(value->value);
}

asio::awaitable<Result<http::Created<Room>>> create_room(ChatApi& api, http::Request const& request, CreateRoom body)
{
    auto key = idempotency_key_of(request);
    if (!key) co_return key.error();
    NewRoom room{text_of(std::move(body.name)), text_of(std::move(body.model)), text_of(std::move(body.system_prompt)).value_or("")};
    auto made = co_await api.chat.create_room(request.user(), std::move(room), std::move(*key));
    if (!made) co_return made.error();
    auto answer = http::created(std::move(made->value), made->is_repeat ? http::Replay::repeated : http::Replay::first_answer);
    answer.location = "/chatroom/" + std::to_string(answer.value.id.value) + "/";
    co_return answer;
}

asio::awaitable<Result<http::Prepared<RoomPage>>> list_rooms(ChatApi& api, http::Request const& request, Query<RoomsQuery> query)
{
    auto& asked = query.value;
    bool const is_first_page = !asked.q && !asked.cursor && (!asked.limit || asked.limit->value == rooms_page_usual);
    if (is_first_page) {
        auto json = co_await api.chat.first_rooms_json(request.user());
        co_return http::Prepared<RoomPage>{std::move(json)};
    }
    auto const count = asked.limit ? asked.limit->value : rooms_page_usual;
    auto page = co_await api.chat.rooms(request.user(), text_of(std::move(asked.q)).value_or(""),
                                        text_of(std::move(asked.cursor)).value_or(""), count);
    if (!page) co_return page.error();
    co_return http::Prepared<RoomPage>{std::make_shared<std::string const>(to_json(*page))};
}

asio::awaitable<Result<RoomWithMessages>> show_room(ChatApi& api, http::Request const& request, Query<MessagesQuery> query)
{
    auto const room = request.path_id<RoomId>("room");
    if (!room) co_return room.error();
    auto const count = query.value.limit ? query.value.limit->value : messages_page_usual;
    auto cursor = text_of(std::move(query.value.cursor)).value_or("");
    auto detail = co_await api.chat.room(request.user(), *room, std::move(cursor), count);
    if (!detail) co_return detail.error();
    auto& [shown, page] = *detail;
    co_return RoomWithMessages{shown.id,
                               std::move(shown.name),
                               shown.named_by,
                               std::move(shown.model),
                               std::move(shown.system_prompt),
                               shown.pinned,
                               shown.created_at,
                               shown.updated_at,
                               std::move(shown.last_message),
                               std::move(page.messages),
                               std::move(page.before)};
}

asio::awaitable<Result<Room>> change_room(ChatApi& api, http::Request const& request, ChangeRoom body)
{
    auto const room = request.path_id<RoomId>("room");
    if (!room) co_return room.error();
    RoomChange change{text_of(std::move(body.name)), std::nullopt, text_of(std::move(body.system_prompt)), body.pinned};
    if (body.model) change.model = text_of(std::move(body.model->value));
    co_return co_await api.chat.change_room(request.user(), *room, std::move(change));
}

asio::awaitable<Result<http::NoContent>> delete_room(ChatApi& api, http::Request const& request)
{
    auto const room = request.path_id<RoomId>("room");
    if (!room) co_return room.error();
    auto const deleted = co_await api.chat.delete_room(request.user(), *room);
    if (!deleted) co_return deleted.error();
    co_return http::NoContent{};
}

} // namespace

void add_room_routes(http::Router& router, ChatApi& api)
{
    router.post("/chatroom/", create_room, api,
                {.id = "createRoom",
                 .summary = "Open a room; without a name it is named after its first message",
                 .tag = "chat",
                 .limits = http::RateClass::create,
                 .body_bytes_max = 128_KiB,
                 .errors = {"outcome_unknown", "idempotency_key_reused", "idempotency_in_progress", "rooms_max_reached"},
                 .takes_idempotency_key = true});
    router.alias("POST", "/chatroom/", "/chatroom/create/");
    router.get(
        "/chatroom/", list_rooms, api,
        {.id = "listRooms", .summary = "List your rooms; pinned first, then latest activity", .tag = "chat", .errors = {"cursor_invalid"}});
    router.get("/chatroom/{room}/", show_room, api,
               {.id = "showRoom",
                .summary = "Show a room; its newest messages, ascending; next leads to the page before",
                .tag = "chat",
                .errors = {"room_not_found", "cursor_invalid"}});
    router.patch("/chatroom/{room}/", change_room, api,
                 {.id = "changeRoom",
                  .summary = "Rename a room, pin it, or change its model or system prompt",
                  .tag = "chat",
                  .body_bytes_max = 128_KiB,
                  .errors = {"room_not_found"}});
    router.del("/chatroom/{room}/", delete_room, api,
               {.id = "deleteRoom",
                .summary = "Delete a room with all its messages; its replies stop",
                .tag = "chat",
                .errors = {"room_not_found"}});
}

} // namespace pollux::chat
