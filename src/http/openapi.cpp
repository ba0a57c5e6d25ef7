#include "http/openapi.hpp"

#include "http/error_response.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace pollux::http {
namespace {

namespace json = boost::json;

json::object reference(std::string_view kind, std::string_view name)
{
    return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

json::object content(std::string_view type, json::value schema)
{
    return {{type, json::object{{"schema", std::move(schema)}}}};
}

// The document lists each path in the form without the slash at the end; both are served.
std::string without_last_slash(std::string const& path)
{
    return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

// What people and programs are shown of requests, answers and refusals.
class Examples {
public:
    explicit Examples(std::string_view text) : all_(text.empty() ? json::object() : json::parse(text).as_object()) {}

    bool empty() const { return all_.empty(); }

    // Null: there is none.
    json::value const* of(std::string_view kind, std::string_view name) const
    {
        auto const* group = all_.if_contains(kind);
        return group ? group->as_object().if_contains(name) : nullptr;
    }

    // Says what a field of a request is for, of this schema or wherever the name occurs, unless its type does.
    void describe(std::string const& schema, std::string_view name, json::object& field) const
    {
        if (empty() || field.contains("description")) return;
        auto const* text = of("fields", schema + "." + std::string(name));
        if (text == nullptr) text = of("fields", name);
        if (text == nullptr) throw std::logic_error("api/examples.json does not say what " + schema + "." + std::string(name) + " is for");
        field["description"] = *text;
    }

    int status_of(std::string_view code) const
    {
        auto const* problem = of("problems", code);
        if (problem == nullptr) throw std::logic_error("api/examples.json has no problem " + std::string(code) + ", which a route names");
        return static_cast<int>(problem->at("status").as_int64());
    }

    // The documents of `components`, by code.
    json::object problems() const
    {
        json::object documents;
        auto const* group = all_.if_contains("problems");
        if (group == nullptr) return documents;
        for (auto const& [code, given] : group->as_object()) {
            auto const status = static_cast<int>(given.at("status").as_int64());
            json::object document{{"type", "about:blank"}, {"title", reason_phrase(status)}};
            for (auto const& [name, value] : given.as_object()) document[name] = value;
            document["code"] = code;
            document["request_id"] = "98444a16f548a74a";
            documents[code] = {{"summary", given.at("detail")}, {"value", std::move(document)}};
        }
        return documents;
    }

private:
    json::object all_;
};

json::array parameters(Route const& route, SchemaBook const& book, Examples const& examples)
{
    json::array list;
    for (std::size_t from = route.path.find('{'); from != std::string::npos; from = route.path.find('{', from + 1)) {
        std::string name = route.path.substr(from + 1, route.path.find('}', from) - from - 1);
        list.push_back({{"name", name},
                        {"in", "path"},
                        {"required", true},
                        {"description", "The id of the " + name + "."},
                        {"schema", {{"type", "integer"}, {"minimum", 1}}}});
    }
    if (!route.shape.query_schema.empty()) {
        json::value schema = json::parse(book.entries.at(route.shape.query_schema).schema);
        for (auto const& [name, value] : schema.at("properties").as_object()) {
            json::object parameter{{"name", name}, {"in", "query"}, {"required", false}, {"schema", value}};
            examples.describe(route.shape.query_schema, name, parameter);
            list.push_back(std::move(parameter));
        }
    }
    if (route.options.takes_idempotency_key) list.push_back(reference("parameters", "IdempotencyKey"));
    if (route.options.knows_cookies) list.push_back(reference("parameters", "PolluxClient"));
    bool const goes_on = route.shape.answers_event_stream && route.method == "GET";
    if (goes_on) list.push_back(reference("parameters", "LastEventID"));
    return list;
}

// OpenAPI has no word of its own for the events of a stream: what they are is said in the description for people, and for programs
// in a list with the schema of each event's data.
json::object event_stream(Route const& route)
{
    std::string description = "Server-Sent Events; the data of each is one JSON object.";
    json::array events;
    for (std::size_t index = 0; index < route.options.events.size(); ++index) {
        auto const& event = route.options.events[index];
        description += " `" + std::string(event.name) + "`: " + std::string(event.meaning);
        events.push_back({{"event", event.name}, {"description", event.meaning}, {"data", json::parse(route.shape.event_schemas[index])}});
    }
    return {{"schema", {{"type", "string"}, {"description", description}}}, {"x-events", std::move(events)}};
}

void add_example(json::object& content, std::string_view type, json::value const* example)
{
    if (example != nullptr) content.at(type).as_object()["example"] = *example;
}

json::object success(Route const& route, Examples const& examples)
{
    json::object answer{{"description", route.shape.status == 204 ? "Done; there is no body." : "Done."}};
    json::object bodies;
    auto const* example = examples.of("answers", route.options.id);
    if (!route.shape.answer_schema.empty()) {
        bodies = content("application/json", json::parse(route.shape.answer_schema));
        add_example(bodies, "application/json", example);
    }
    if (route.shape.answers_event_stream) {
        bodies["text/event-stream"] = event_stream(route);
        add_example(bodies, "text/event-stream", examples.of("streams", route.options.id));
    }
    if (route.shape.answers_html) bodies.emplace("text/html", json::object{{"schema", {{"type", "string"}}}});
    bool const is_ready_made = bodies.empty() && route.shape.status == 200 && !route.shape.may_lead_elsewhere;
    if (is_ready_made) bodies = content("application/json", json::object{{"type", "object"}}); // A Response of the handler's own.
    if (!bodies.empty()) answer["content"] = std::move(bodies);
    if (route.options.limits != RateClass::none) {
        answer["headers"] = {{"RateLimit", reference("headers", "RateLimit")},
                             {"RateLimit-Policy", reference("headers", "RateLimitPolicy")}};
    }
    return answer;
}

// The codes that any route of this kind may be refused with, by what it takes.
std::vector<std::string_view> general_codes(Route const& route)
{
    std::vector<std::string_view> codes;
    auto const add = [&](std::initializer_list<std::string_view> more) { codes.insert(codes.end(), more); };
    bool const is_user = route.options.access == Access::user;
    bool const takes_json = !route.shape.body_schema.empty();
    bool const is_limited = route.options.limits != RateClass::none;
    add({"bad_target"});
    if (!route.options.ignores_allowed_hosts) add({"host_not_allowed"});
    if (!route.shape.takes_raw_body) add({"invalid_query", "repeated_parameter"});
    if (takes_json) add({"invalid_json", "body_too_large", "unsupported_media_type", "unsupported_encoding", "invalid_input"});
    if (route.shape.takes_raw_body) add({"body_too_large"});
    if (!route.shape.query_schema.empty()) add({"invalid_input"});
    if (route.options.takes_idempotency_key) add({"invalid_idempotency_key"});
    if (is_user) add({"token_missing", "token_invalid", "token_expired", "session_ended"});
    if (is_limited) add({"rate_limited", "storage_unavailable"});
    add({"too_many_connections"});
    if (route.method != "GET") add({"storage_full"});
    return codes;
}

std::string described(std::vector<std::string_view> const& codes)
{
    std::string text = "Refused:";
    for (auto const code : codes) text += (text.ends_with(':') ? " `" : ", `") + std::string(code) + "`";
    return text + ".";
}

json::object refusal(std::vector<std::string_view> const& codes)
{
    json::object shown;
    for (auto const code : codes) shown[code] = reference("examples", code);
    json::object body{{"schema", reference("schemas", "Problem")}, {"examples", std::move(shown)}};
    return {{"description", described(codes)}, {"content", {{"application/problem+json", std::move(body)}}}};
}

json::object responses(Route const& route, Examples const& examples)
{
    json::object all{{std::to_string(route.shape.status), success(route, examples)}};
    if (route.options.may_have_ended) {
        all["204"] = json::object{{"description", "Everything was read already, by the Last-Event-ID; an EventSource stops here."}};
    }
    if (route.shape.may_lead_elsewhere) all["303"] = json::object{{"description", "It goes on at the URL in Location."}};
    if (!examples.empty()) {
        auto codes = general_codes(route);
        for (auto const code : route.options.errors) {
            if (std::ranges::find(codes, code) == codes.end()) codes.push_back(code);
        }
        std::map<int, std::vector<std::string_view>> by_status;
        for (auto const code : codes) by_status[examples.status_of(code)].push_back(code);
        for (auto const& [status, refused] : by_status) all[std::to_string(status)] = refusal(refused);
    }
    all["default"] = reference("responses", "Problem");
    return all;
}

json::object operation(Route const& route, SchemaBook const& book, Examples const& examples)
{
    auto const summary = route.options.summary.substr(0, route.options.summary.find(';'));
    std::string description(route.options.summary);
    description += description.empty() || description.ends_with('.') ? "" : ".";
    if (!route.options.errors.empty()) {
        description += " Codes to expect: ";
        for (std::size_t index = 0; index < route.options.errors.size(); ++index) {
            description += (index ? ", `" : "`") + std::string(route.options.errors[index]) + "`";
        }
        description += ".";
    }
    json::object operation{{"operationId", route.options.id},
                           {"summary", summary},
                           {"description", description},
                           {"tags", {route.options.tag}},
                           {"responses", responses(route, examples)}};
    auto list = parameters(route, book, examples);
    if (!list.empty()) operation["parameters"] = std::move(list);
    if (!route.shape.body_schema.empty()) {
        auto bodies = content("application/json", json::parse(route.shape.body_schema));
        add_example(bodies, "application/json", examples.of("requests", route.options.id));
        operation["requestBody"] = {{"required", !route.shape.body_may_be_absent},
                                    {"x-body-bytes-max", route.options.body_bytes_max},
                                    {"content", std::move(bodies)}};
    }
    if (route.shape.takes_raw_body) {
        auto bodies = content("*/*", json::object());
        add_example(bodies, "*/*", examples.of("requests", route.options.id));
        operation["requestBody"] = {{"required", true},
                                    {"description", "Bytes of any type, as their sender makes them."},
                                    {"x-body-bytes-max", route.options.body_bytes_max},
                                    {"content", std::move(bodies)}};
    }
    if (route.options.access == Access::open) operation["security"] = json::array();
    return operation;
}

// Adds the schemas that `value` refers to, and those that they refer to.
void add_schemas_of(json::value const& value, SchemaBook const& book, json::object& schemas)
{
    constexpr std::string_view place = "#/components/schemas/";
    if (auto const* list = value.if_array()) {
        for (auto const& element : *list) add_schemas_of(element, book, schemas);
    }
    auto const* object = value.if_object();
    if (!object) return;
    for (auto const& [key, member] : *object) {
        add_schemas_of(member, book, schemas);
        std::string_view const text = key == "$ref" && member.is_string() ? std::string_view(member.get_string()) : std::string_view();
        if (!text.starts_with(place)) continue;
        auto const found = book.entries.find(std::string(text.substr(place.size())));
        if (found == book.entries.end() || schemas.contains(found->first)) continue;
        auto schema = json::parse(found->second.schema);
        schemas[found->first] = schema;
        add_schemas_of(schema, book, schemas);
    }
}

// What any request may be answered with, also one that reaches no operation.
json::object usual_problem(Examples const& examples)
{
    json::object body{{"schema", reference("schemas", "Problem")}};
    if (!examples.empty()) {
        json::object shown;
        for (auto const* code : {"path_not_found", "method_not_allowed", "internal_error"}) shown[code] = reference("examples", code);
        body["examples"] = std::move(shown);
    }
    return {{"description", "Refused; see `code` and `detail`."}, {"content", {{"application/problem+json", std::move(body)}}}};
}

// The fields of the bodies that are taken; those that are given speak for themselves, or by their types.
void describe_bodies(Router const& router, Examples const& examples, json::object& schemas)
{
    for (auto const& route : router.routes()) {
        if (!route.options.is_documented || route.shape.body_schema.empty()) continue;
        auto const body = json::parse(route.shape.body_schema);
        std::string_view const place = body.at("$ref").as_string();
        std::string const name(place.substr(place.rfind('/') + 1));
        for (auto& [field, schema] : schemas.at(name).at("properties").as_object()) examples.describe(name, field, schema.as_object());
    }
}

// Of `paths`: what only undocumented routes take and give is not shown.
json::object components(Router const& router, json::object const& paths, Examples const& examples)
{
    json::object schemas;
    add_schemas_of(paths, router.schemas(), schemas);
    describe_bodies(router, examples, schemas);
    schemas["Problem"] = json::parse(R"({"type":"object","description":"RFC 9457.",
        "required":["type","title","status","detail","code","request_id"],
        "properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},
        "detail":{"type":"string","description":"How to mend it."},"code":{"type":"string","description":"A stable word."},
        "request_id":{"type":"string"},
        "upgrade":{"type":"object","description":"Of daily_limit_reached, where a higher plan can be had: what to ask for it.",
        "required":["plans","checkout"],"properties":{"plans":{"type":"string"},"checkout":{"type":"string"}}},
        "portal_url":{"type":"string","description":"Of already_subscribed: where to change the subscription, or to pay."},
        "errors":{"type":"array","items":{"type":"object","required":["field","code","detail"],
        "properties":{"field":{"type":"string"},"code":{"type":"string"},"detail":{"type":"string"}}}}}})");
    return {
        {"schemas", std::move(schemas)},
        {"examples", examples.problems()},
        {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}},
        {"parameters",
         {{"IdempotencyKey",
           {{"name", "Idempotency-Key"},
            {"in", "header"},
            {"required", false},
            {"description", "Repeats with the same key within 24 hours have one effect and get the same ids."},
            {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}}}},
          {"PolluxClient",
           {{"name", "X-Pollux-Client"},
            {"in", "header"},
            {"required", false},
            {"description", "`web`, of a page with this server's Origin: the refresh token travels in a cookie that no script reads, and "
                            "never in a body."},
            {"schema", {{"type", "string"}}}}},
          {"LastEventID",
           {{"name", "Last-Event-ID"},
            {"in", "header"},
            {"required", false},
            {"description", "The id of the last event that was read: the stream goes on behind it."},
            {"schema", {{"type", "string"}}}}}}},
        {"headers",
         {{"RateLimit",
           {{"description", R"(What is left of each limit that counts, and for how many seconds: "read";r=599;t=1, "plan";r=119;t=1)"},
            {"schema", {{"type", "string"}}}}},
          {"RateLimitPolicy",
           {{"description", R"(The limits that count, requests and seconds: "read";q=600;w=60, "plan";q=120;w=60)"},
            {"schema", {{"type", "string"}}}}}}},
        {"responses", {{"Problem", usual_problem(examples)}}}};
}

} // namespace

std::string openapi_document(Router const& router, ApiInfo const& info)
{
    Examples const examples(info.examples);
    json::object paths;
    std::set<std::string_view> tags;
    for (auto const& route : router.routes()) {
        if (!route.options.is_documented) continue;
        std::string method = route.method;
        std::transform(method.begin(), method.end(), method.begin(), [](unsigned char letter) { return std::tolower(letter); });
        auto& path = paths[without_last_slash(route.path)];
        if (path.is_null()) path = json::object();
        path.as_object()[method] = operation(route, router.schemas(), examples);
        tags.insert(route.options.tag);
    }
    json::array tag_list;
    for (auto tag : tags) tag_list.push_back({{"name", tag}, {"description", "Operations on " + std::string(tag) + "."}});
    auto parts = components(router, paths, examples);
    json::object const document{{"openapi", "3.1.0"},
                                {"info",
                                 {{"title", info.title},
                                  {"version", info.version},
                                  {"description", info.description},
                                  {"contact", {{"name", "Whoever runs this server"}, {"url", info.server_url}}},
                                  {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
                                {"servers", {{{"url", info.server_url}}}},
                                {"security", {{{"bearer", json::array()}}}},
                                {"tags", std::move(tag_list)},
                                {"paths", std::move(paths)},
                                {"components", std::move(parts)}};
    return json::serialize(document);
}

} // namespace pollux::http
