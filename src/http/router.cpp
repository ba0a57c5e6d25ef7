#include "http/router.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace pollux::http {
namespace {

// "/a/{b}/" -> "a", "{b}"; the empty segment after a last slash does not count, an empty one elsewhere does.
class Segments {
public:
    explicit Segments(std::string_view path) : rest_(path.starts_with('/') ? path.substr(1) : path) {}

    std::optional<std::string_view> next()
    {
        if (rest_.empty()) return std::nullopt;
        auto slash = std::min(rest_.find('/'), rest_.size());
        auto segment = rest_.substr(0, slash);
        rest_.remove_prefix(std::min(slash + 1, rest_.size()));
        return segment;
    }

private:
    std::string_view rest_;
};

bool is_parameter(std::string_view segment)
{
    return segment.starts_with('{');
}

} // namespace

std::size_t Router::child_of(std::size_t node, std::string_view literal) const
{
    for (auto const& [segment, child] : nodes_[node].literal) {
        if (segment == literal) return child;
    }
    return 0;
}

void Router::add(std::string_view method, std::string_view path, RouteOptions options, adapter::Handler handler,
                 AnswerShape (*shape)(SchemaBook&))
{
    Route route{std::string(method), std::string(path), std::move(options), std::move(handler), shape(schemas_)};
    for (auto const& event : route.options.events) {
        route.shape.event_schemas.push_back(event.schema ? event.schema(schemas_) : R"({"type":"object"})");
    }
    insert(std::move(route));
}

void Router::insert(Route route)
{
    std::size_t node = 0;
    Segments segments(route.path);
    while (auto segment = segments.next()) {
        std::size_t const known = is_parameter(*segment) ? nodes_[node].parameter : child_of(node, *segment);
        if (known != 0) {
            node = known;
            continue;
        }
        std::size_t const added = nodes_.size();
        if (is_parameter(*segment)) {
            nodes_[node].parameter = added;
        } else {
            nodes_[node].literal.emplace_back(std::string(*segment), added);
        }
        nodes_.emplace_back();
        node = added;
    }
    auto& end = nodes_[node];
    for (auto const& [method, index] : end.routes) {
        if (method == route.method) throw std::logic_error("two routes for " + route.method + " " + route.path);
    }
    end.routes.emplace_back(route.method, routes_.size());
    end.allow.clear();
    for (auto const& [method, index] : end.routes) end.allow += method == "GET" ? "GET, HEAD, " : method + ", ";
    end.allow += "OPTIONS";
    routes_.push_back(std::move(route));
}

void Router::alias(std::string_view method, std::string_view existing_path, std::string_view other_path)
{
    auto same = [&](Route const& route) { return route.method == method && route.path == existing_path; };
    auto existing = std::find_if(routes_.begin(), routes_.end(), same);
    if (existing == routes_.end()) throw std::logic_error("no route to give another path: " + std::string(existing_path));
    Route copy = *existing;
    copy.path = other_path;
    copy.options.is_documented = false;
    insert(std::move(copy));
}

Router::Found Router::find(std::string_view method, std::string_view path) const
{
    Found found;
    if (!path.starts_with('/') || path.find("//") != std::string_view::npos) return found;
    std::size_t node = 0;
    Segments segments(path);
    while (auto segment = segments.next()) {
        if (std::size_t const known = child_of(node, *segment)) {
            node = known;
        } else if (nodes_[node].parameter != 0) {
            node = nodes_[node].parameter;
            found.parameters.emplace_back(std::string_view(), *segment);
        } else {
            return {};
        }
    }
    found.allow = nodes_[node].allow;
    for (auto const& [known_method, index] : nodes_[node].routes) {
        if (known_method == method) found.route = &routes_[index];
    }
    if (!found.route || found.parameters.empty()) return found;
    // Names of parameters stand in the route's own path: two routes may call the same place differently.
    std::size_t next = 0;
    Segments names(found.route->path);
    while (auto segment = names.next()) {
        if (is_parameter(*segment)) found.parameters[next++].first = segment->substr(1, segment->size() - 2);
    }
    return found;
}

namespace adapter {

Response json_response(int status, std::string json)
{
    Response response;
    response.status = status;
    response.body = std::move(json);
    return response;
}

Response html_response(Html const& page)
{
    Response response{.status = page.status, .content_type = "text/html; charset=utf-8"};
    response.headers.emplace_back("Content-Security-Policy", html_policy(page));
    // What leads elsewhere tells nobody the page's URL; to this server the Origin is still said.
    response.headers.emplace_back("Referrer-Policy", "same-origin");
    response.body = html_document(page);
    return response;
}

Response see_other(SeeOther answer)
{
    auto const& to = answer.location;
    bool const is_plain = std::ranges::all_of(to, [](char letter) { return letter > 0x20 && letter < 0x7F; });
    auto const url = parse_uri(to);
    bool const is_path = to.starts_with('/') && !to.starts_with("//");
    if (!is_plain || !(is_path || (url && is_web(*url))))
        throw std::logic_error("a redirect to what is neither a URL of the web nor a path");
    Response response{.status = 303, .content_type = ""};
    response.headers.emplace_back("Location", std::move(answer.location));
    return response;
}

Response replayed(Response response, Replay replay)
{
    if (replay == Replay::repeated) response.headers.emplace_back("Idempotent-Replayed", "true");
    return response;
}

std::string query_as_json(Request const& request, std::string const& schema)
{
    // A parameter that the schema calls an integer or boolean is put in bare when it reads like one, and as text otherwise, so
    // that the reader of the body refuses it with the same words. Parameters the route does not know are ignored.
    constexpr std::string_view begin = R"({"type":"object","properties":{)";
    auto const properties = std::string_view(schema).substr(begin.size());
    std::string json = "{";
    for (auto const& [name, value] : request.parameters) {
        auto at = properties.find("\"" + name + "\":{");
        if (at == std::string_view::npos || name.find('"') != std::string::npos) continue;
        auto rest = properties.substr(at + name.size() + 3);
        auto const number = rest.starts_with(R"({"type":"integer")") ? parse_integer(value) : std::nullopt;
        bool const is_truth = rest.starts_with(R"({"type":"boolean")") && (value == "true" || value == "false");
        json += json.size() > 1 ? "," : "";
        append_json_text(json, name);
        json.push_back(':');
        if (number) {
            json += std::to_string(*number);
        } else if (is_truth) {
            json += value;
        } else {
            append_json_text(json, value);
        }
    }
    return json + "}";
}

} // namespace adapter
} // namespace pollux::http
