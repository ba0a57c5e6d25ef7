#include "stripe/webhook_endpoints.hpp"

#include "stripe/errors.hpp"
#include "stripe/ids.hpp"
#include "stripe/list.hpp"
#include "stripe/params.hpp"
#include "stripe/shapes.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr std::ptrdiff_t endpoints_max = 16; // In a mode.
constexpr std::ptrdiff_t secrets_max = 2;

bool is_loopback(std::string_view url)
{
    auto const host = url.substr(std::min<std::size_t>(7, url.size()));
    return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

void check_url(World const& world, std::string const& url)
{
    if (!url.starts_with("https://") && !url.starts_with("http://"))
        throw invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid");
    // Stripe takes no http in live mode. Tests have no certificates, so here loopback may.
    if (world.live && url.starts_with("http://") && !is_loopback(url))
        throw invalid("Invalid URL: URL must be https in live mode.", "url", "url_invalid");
}

void check_events(json::object const& params)
{
    auto const* events = array_in(params, "enabled_events");
    if (!events) return;
    if (events->empty()) throw invalid("You must specify at least one event.", "enabled_events");
    for (auto const& event : *events) {
        std::string_view const word = event.is_string() ? std::string_view(event.get_string()) : std::string_view();
        if (word != "*" && !is_event_type(word)) throw invalid("Unknown event type: " + std::string(word), "enabled_events");
    }
}

json::object create(Ask& ask)
{
    check_url(ask.world, text_of(ask.params, "url"));
    check_events(ask.params);
    if (std::ranges::count_if(ask.world.store.all("webhook_endpoint"), [](Record const& one) { return !one.is_deleted(); }) >=
        endpoints_max)
        throw invalid("You have reached the maximum of 16 " + std::string(ask.world.live ? "live" : "test") + " webhook endpoints.");
    auto const version = text_of(ask.params, "api_version");
    if (!version.empty() && version != api_version) throw not_simulated("the API version " + version);
    json::object made;
    copy_given(made, ask.params, "url enabled_events description api_version");
    merge_metadata(made, ask.params);
    made["status"] = "enabled";
    auto& endpoint = ask.world.make("webhook_endpoint", "we_", std::move(made), "");
    auto const secret = "whsec_" + random_letters(32);
    endpoint.hidden["secrets"] = json::array{secret};
    auto shown = endpoint.body;
    shown["secret"] = secret;
    return shown;
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("webhook_endpoint", ask.ids.front()).body;
}

json::object update(Ask& ask)
{
    auto& endpoint = ask.world.need("webhook_endpoint", ask.ids.front());
    if (ask.params.contains("url")) check_url(ask.world, text_of(ask.params, "url"));
    check_events(ask.params);
    copy_given(endpoint.body, ask.params, "url enabled_events description");
    merge_metadata(endpoint.body, ask.params);
    if (ask.params.contains("disabled")) endpoint.body["status"] = flag_of(ask.params, "disabled") ? "disabled" : "enabled";
    return endpoint.body;
}

json::object remove(Ask& ask)
{
    auto& endpoint = ask.world.need("webhook_endpoint", ask.ids.front());
    endpoint.body = {{"id", endpoint.id()}, {"object", "webhook_endpoint"}, {"deleted", true}};
    return endpoint.body;
}

json::object list(Ask& ask)
{
    return list_of(ask, "webhook_endpoint", [](Record const&) { return true; });
}

} // namespace

bool wants(Record const& endpoint, std::string_view event_type)
{
    if (endpoint.is_deleted() || text_of(endpoint.body, "status") != "enabled") return false;
    return std::ranges::any_of(endpoint.body.at("enabled_events").get_array(),
                               [&](json::value const& one) { return one.get_string() == "*" || one.get_string() == event_type; });
}

std::vector<std::string> secrets_of(Record const& endpoint)
{
    std::vector<std::string> secrets;
    auto const* kept = array_in(endpoint.hidden, "secrets");
    if (!kept) return secrets;
    for (auto const& secret : *kept) secrets.emplace_back(secret.get_string());
    return secrets;
}

std::string roll_secret(Record& endpoint)
{
    auto secret = "whsec_" + random_letters(32);
    auto& kept = endpoint.hidden["secrets"].as_array();
    kept.insert(kept.begin(), json::value(secret));
    if (static_cast<std::ptrdiff_t>(kept.size()) > secrets_max) kept.pop_back();
    return secret;
}

void add_webhook_endpoint_routes(std::vector<Route>& routes)
{
    routes.push_back({"POST /v1/webhook_endpoints", create, "api_version description enabled_events metadata url"});
    routes.push_back({"GET /v1/webhook_endpoints", list, "*"});
    routes.push_back({"GET /v1/webhook_endpoints/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/webhook_endpoints/{id}", update, "*"});
    routes.push_back({"DELETE /v1/webhook_endpoints/{id}", remove, "*"});
}

} // namespace pollux::sims::stripe
