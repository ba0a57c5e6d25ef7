#include "stripe/events.hpp"

#include "stripe/deliveries.hpp"
#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/list.hpp"
#include "stripe/params.hpp"
#include "stripe/shapes.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t types_max = 20;

bool matches(std::string_view wanted, std::string_view type)
{
    if (wanted == "*" || wanted == type) return true;
    return wanted.ends_with(".*") && type.starts_with(wanted.substr(0, wanted.size() - 1));
}

json::object retrieve(Ask& ask)
{
    auto& event = ask.world.need("event", ask.ids.front());
    if (number_of(event.body, "created") < ask.world.now() - events_kept_s)
        throw no_such("event", ask.ids.front(), 404, "id", false, ask.world.live);
    return render_event(event);
}

json::object list_events(Ask& ask)
{
    auto const type = text_of(ask.params, "type");
    auto const* types = array_in(ask.params, "types");
    if (!type.empty() && types) throw invalid("You may only specify one of these parameters: type, types.", "types");
    if (types && types->size() > types_max) throw invalid("You may only specify up to 20 types.", "types");
    auto const* delivered = ask.params.if_contains("delivery_success");
    auto const oldest = ask.world.now() - events_kept_s;
    auto page = list_of(ask, "event", [&](Record const& event) {
        auto const name = text_of(event.body, "type");
        if (number_of(event.body, "created") < oldest) return false;
        if (!type.empty() && !matches(type, name)) return false;
        if (types && std::ranges::none_of(*types, [&](json::value const& one) { return one == json::value(name); })) return false;
        return !delivered || delivered->get_bool() == (number_of(event.body, "pending_webhooks") == 0);
    });
    for (auto& event : page.at("data").get_array()) {
        auto const* record = ask.world.store.find("event", event.at("id").get_string());
        event = render_event(*record);
    }
    return page;
}

} // namespace

Record& make_event(World& world, std::string_view type, json::object const& object, json::object previous)
{
    if (!is_event_type(type)) throw std::logic_error("Stripe has no event " + std::string(type));
    json::object data{{"object", object}};
    if (!previous.empty()) data["previous_attributes"] = std::move(previous);
    auto& record = world.store.add(
        world, "event",
        {{"id", make_id("evt_")},
         {"object", "event"},
         {"api_version", api_version},
         {"created", world.now()},
         {"livemode", world.live},
         {"pending_webhooks", 0},
         {"request", world.request.is_null() ? json::value(json::object{{"id", nullptr}, {"idempotency_key", nullptr}}) : world.request},
         {"type", type}});
    record.sealed = json::serialize(data);
    world.deliveries.send(record);
    if (world.store.all("event").size() > events_max && !world.deliveries.uses(world.store.all("event").front()))
        world.store.drop_oldest("event");
    return record;
}

json::object render_event(Record const& event)
{
    auto body = event.body;
    body["data"] = json::parse(event.sealed);
    return body;
}

std::string payload_of(Record const& event, Record const* endpoint)
{
    auto body = render_event(event);
    if (endpoint && has_value(endpoint->body, "api_version")) body["api_version"] = endpoint->body.at("api_version");
    return json::serialize(body);
}

void add_event_routes(std::vector<Route>& routes)
{
    routes.push_back({"GET /v1/events", list_events, "*"});
    routes.push_back({"GET /v1/events/{id}", retrieve, "*"});
}

} // namespace pollux::sims::stripe
