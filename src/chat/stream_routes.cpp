#include "chat/stream_routes.hpp"

#include "chat/chat_service.hpp"
#include "chat/route_parts.hpp"
#include "chat/streams/events_stream.hpp"
#include "chat/streams/reply_events.hpp"
#include "http/router.hpp"

namespace pollux::chat {
namespace {

struct ModelView {
    std::string id; // What a room's `model` takes.
    bool is_default = false;
};
POLLUX_DESCRIBE(ModelView, (id, is_default))

struct ModelList {
    std::vector<ModelView> results;
    std::optional<std::string> next;
};
POLLUX_DESCRIBE(ModelList, (results, next))

asio::awaitable<Result<ModelList>> list_models(ChatApi& api, http::Request const& request)
{
    auto ids = co_await api.chat.models_of(request.user());
    if (!ids) co_return ids.error();
    ModelList list;
    for (auto& id : *ids) list.results.push_back({std::move(id), list.results.empty()});
    co_return list;
}

asio::awaitable<Result<http::Stream>> stream_events(ChatApi& api, http::Request const& request, Query<ResumeQuery> query)
{
    EventsReader reader{.user = request.user(), .session = request.session()};
    reader.last_event_id = last_event_id_of(request, query.value.lastEventId);
    auto events = make_events_stream(api.notices, std::move(reader));
    co_return http::Stream{bound(std::move(events), api.event_streams, api, request)};
}

} // namespace

void add_stream_routes(http::Router& router, ChatApi& api)
{
    router.get("/models/", list_models, api,
               {.id = "listModels", .summary = "The models your plan may use", .tag = "chat", .errors = {"user_not_found"}});
    router.get("/events/", stream_events, api,
               {.id = "streamEvents",
                .summary = "What changes for you, on all your devices, as Server-Sent Events",
                .tag = "chat",
                .events = notice_events()});
}

} // namespace pollux::chat
