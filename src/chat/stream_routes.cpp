#include "chat/stream_routes.hpp"

#include "chat/chat_service.hpp"
#include "chat/route_parts.hpp"
#include "chat/streams/events_stream.hpp"
#include "chat/streams/reply_events.hpp"
#include "http/router.hpp"

namespace pollux::chat {
namespace {

struct ModelView {
    std::string id;
    std::string label;
    std::string line;
    bool is_default = false;
    bool allowed = true;
};
POLLUX_DESCRIBE(ModelView, (id, label, line, is_default, allowed))

struct ModelsQuery {
    std::optional<bool> all; // Those of other plans too.
};
POLLUX_DESCRIBE(ModelsQuery, (all))

struct ModelList {
    std::vector<ModelView> results;
    std::optional<std::string> next;
};
POLLUX_DESCRIBE(ModelList, (results, next))

asio::awaitable<Result<ModelList>> show_models(ChatApi& api, http::Request const& request, Query<ModelsQuery> query)
{
    auto const which = query.value.all.value_or(false) ? Listed::all : Listed::allowed;
    auto models = co_await api.chat.models_of(request.user(), which);
    if (!models) co_return models.error();
    ModelList list;
    for (auto& model : *models)
        list.results.push_back({std::move(model.id), std::move(model.label), std::move(model.line), model.is_default, model.allowed});
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
    router.get("/models/", show_models, api,
               {.id = "listModels",
                .summary = "List the models; those your plan may use, and with all=true those of other plans too",
                .tag = "chat",
                .errors = {"user_not_found"}});
    router.get("/events/", stream_events, api,
               {.id = "streamEvents",
                .summary = "Stream what changes for you; on all your devices, as Server-Sent Events",
                .tag = "chat",
                .events = notice_events()});
}

} // namespace pollux::chat
