#include "http/dispatch.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "base/unavailable.hpp"
#include "http/error_response.hpp"
#include "http/gate.hpp"
#include "ops/log.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace pollux::http {
namespace {

constexpr std::array known_methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

std::string request_id_of(Request const& request)
{
    constexpr std::size_t id_bytes_max = 64;
    auto given = request.header("X-Request-ID");
    bool is_plain = given && !given->empty() && given->size() <= id_bytes_max && std::all_of(given->begin(), given->end(), [](char letter) {
                        return std::isalnum(static_cast<unsigned char>(letter)) || letter == '.' || letter == '_' || letter == '-';
                    });
    return is_plain ? std::string(*given) : new_request_id();
}

// "/a?b" of origin-form and absolute-form (RFC 9112, 3.2); empty for what is neither, and for an absolute-form that names another
// host than the Host header: others on the way may have read that one.
std::string_view path_and_query(std::string_view target, std::string_view host)
{
    if (target.starts_with('/')) return target;
    auto scheme_end = std::min(target.find("://"), target.size());
    auto scheme = target.substr(0, scheme_end);
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return {};
    auto rest = target.substr(std::min(scheme_end + 3, target.size()));
    auto slash = std::min(rest.find('/'), rest.size());
    if (host.empty() || !equals_ignoring_case(rest.substr(0, slash), host)) return {};
    return slash == rest.size() ? "/" : rest.substr(slash);
}

// What stands before the next semicolon; it is taken off.
std::string_view take_parameter(std::string_view& text)
{
    auto end = std::min(text.find(';'), text.size());
    auto part = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

// A charset may stand once, and must be UTF-8 (RFC 8259, 8.1); other parameters mean nothing.
bool is_utf8_json(std::string_view content_type)
{
    if (!equals_ignoring_case(take_parameter(content_type), "application/json")) return false;
    bool has_charset = false;
    while (!content_type.empty()) {
        auto parameter = take_parameter(content_type);
        auto equals = std::min(parameter.find('='), parameter.size());
        if (!equals_ignoring_case(trim(parameter.substr(0, equals)), "charset")) continue;
        auto charset = trim(parameter.substr(std::min(equals + 1, parameter.size())));
        bool is_utf8 = equals_ignoring_case(charset, "utf-8") || equals_ignoring_case(charset, "\"utf-8\"");
        if (has_charset || !is_utf8) return false;
        has_charset = true;
    }
    return true;
}

std::optional<Response> refuse_content(Request const& request, RequestReader const& reader, Route const& route)
{
    if (request.header("Content-Encoding")) {
        return problem(415, "unsupported_encoding", "Send the body as it is: no Content-Encoding is taken.", request.request_id);
    }
    if (route.shape.body_schema.empty() || !reader.has_body()) return std::nullopt;
    if (is_utf8_json(request.header("Content-Type").value_or(""))) return std::nullopt;
    return problem(415, "unsupported_media_type", "Send JSON in UTF-8 with the header Content-Type: application/json.", request.request_id);
}

std::optional<Response> refuse_by_head(Server::Shared const& shared, RequestReader const& reader, Target& target,
                                       asio::ip::address const& socket_peer)
{
    auto& request = target.request;
    auto const& options = shared.options;
    auto* route = target.found.route;
    bool is_known = std::find(known_methods.begin(), known_methods.end(), reader.method()) != known_methods.end();
    if (!is_known) return problem(501, "method_not_implemented", "This method is not implemented here.", request.request_id);
    if (reader.target() == "*" && reader.method() == "OPTIONS") return Response{.status = 204, .content_type = ""};
    if (request.path.empty())
        return problem(400, "bad_target", "Ask for a path that starts with a slash, or for http:// and the Host.", request.request_id);
    if (!(route && route->options.ignores_allowed_hosts) && !is_allowed_host(request.header("Host").value_or(""), options.allowed_hosts)) {
        return problem(400, "host_not_allowed", "This server does not answer for that Host; see ALLOWED_HOSTS.", request.request_id);
    }
    if (options.debug) {
        auto error = refuse_remote_debug(request, socket_peer, reader.version() < 11, options.debug_networks);
        if (error) return problem(*error, request.request_id);
    }
    if (target.found.allow.empty()) {
        return problem(404, "path_not_found", "There is nothing at this path; see /openapi.json.", request.request_id);
    }
    if (reader.method() == "OPTIONS") {
        Response response{.status = 204, .content_type = ""};
        response.headers = preflight_headers(request, options.cors, target.found.allow);
        response.headers.emplace_back("Allow", target.found.allow);
        return response;
    }
    if (!route) {
        auto response = problem(405, "method_not_allowed", "This path takes: " + std::string(target.found.allow) + ".", request.request_id);
        response.headers.emplace_back("Allow", target.found.allow);
        return response;
    }
    if (!request.query.empty()) {
        auto pairs = parse_query(request.query);
        if (!pairs) return problem(pairs.error(), request.request_id);
    }
    return refuse_content(request, reader, *route);
}

// Empty, or why the caller is not let in.
std::optional<Error> authenticate(Server::Shared const& shared, Target& target)
{
    constexpr std::string_view scheme = "bearer ";
    auto header = target.request.header("Authorization");
    bool is_open = target.found.route->options.access == Access::open;
    if (!header || header->size() <= scheme.size() || !equals_ignoring_case(header->substr(0, scheme.size()), scheme)) {
        if (is_open) return std::nullopt;
        return unauthenticated("token_missing", "Send the header Authorization: Bearer <access token>; get one at /auth/verify-otp/.");
    }
    auto identity = shared.authenticator(trim(header->substr(scheme.size())));
    if (identity) {
        target.request.identity = *identity;
        return std::nullopt;
    }
    if (is_open) return std::nullopt;
    return identity.error();
}

void add_rate_headers(Response& response, bus::RateDecision const& decision)
{
    // draft-ietf-httpapi-ratelimit-headers-10
    std::string name = "\"" + std::string(decision.policy) + "\"";
    response.headers.emplace_back("RateLimit",
                                  name + ";r=" + std::to_string(decision.remaining) + ";t=" + std::to_string(decision.reset.count()));
    response.headers.emplace_back("RateLimit-Policy", name + ";q=" + std::to_string(decision.rule.count) +
                                                          ";w=" + std::to_string(decision.rule.window.count()));
}

asio::awaitable<std::optional<Response>> refuse_by_rate(Server::Shared& shared, Request const& request, RateClass rate_class)
{
    if (!shared.options.rate_limits) co_return std::nullopt;
    auto rules = shared.options.rate_rules.of(rate_class);
    bus::RateDecision decision;
    // The user's own budget first: what it refuses takes nothing from those who share his address.
    if (rules.per_user && request.identity) {
        std::string key = "u:" + std::to_string(request.identity->user.value);
        decision = co_await shared.limiter.take(rate_class, key, *rules.per_user);
    }
    if (decision.allowed && rules.per_address) {
        std::string key = "a:" + request.peer.limit_prefix;
        decision = co_await shared.limiter.take(rate_class, key, *rules.per_address);
        decision.policy = bus::address_policy(rate_class);
    }
    if (decision.allowed) co_return std::nullopt;
    auto wait = decision.retry_after;
    auto response =
        problem(rate_limited("rate_limited", "Too many requests; come back after the seconds in Retry-After.", wait), request.request_id);
    add_rate_headers(response, decision);
    co_return response;
}

asio::awaitable<Response> answer_or_throw(Server::Shared& shared, Target& target)
{
    auto const& route = *target.found.route;
    auto refused = authenticate(shared, target);
    if (refused) co_return problem(*refused, target.request.request_id);
    auto limited = co_await refuse_by_rate(shared, target.request, route.options.limits);
    if (limited) co_return std::move(*limited);
    auto result = co_await route.handler(target.request);
    if (!result) co_return problem(result.error(), target.request.request_id);
    co_return std::move(*result);
}

// All lines of the header as one list (RFC 9110, 5.3): a proxy may add a line of its own below the client's.
std::string forwarded_for(HeaderFields const& fields)
{
    std::string list;
    auto [line, end] = fields.fields.equal_range("X-Forwarded-For");
    for (; line != end; ++line) list.append(list.empty() ? "" : ",").append(line->value());
    return list;
}

// A page may read every answer it may ask for, refusals too.
void add_cors(Response& response, Request const& request, CorsOptions const& options)
{
    auto headers = cors_headers(request, options);
    for (auto& header : headers) response.headers.push_back(std::move(header));
}

Error error_of(UnavailableError const& failure)
{
    using std::chrono::seconds;
    if (failure.lack() == Lack::space) {
        return Error(ErrorKind::storage_full, "storage_full",
                     "The storage is full, so nothing was kept; what is there can be read. It works again once the operator has made room.")
            .with_retry_after(seconds(5));
    }
    return unavailable("storage_unavailable", "Nothing could be stored or read just now; try again shortly.", seconds(1));
}

Response accident(std::exception const& failure, Request const& request)
{
    ops::log(ops::Level::error, "request_failed", {{"request_id", request.request_id}, {"reason", failure.what()}});
    if (auto const* lacking = dynamic_cast<UnavailableError const*>(&failure)) return problem(error_of(*lacking), request.request_id);
    return problem(500, "internal_error", "Something broke here; it is in the log under this request_id.", request.request_id);
}

} // namespace

std::string new_request_id()
{
    // It guards nothing: a generator seeded once a thread is enough.
    thread_local std::mt19937_64 generator(random_below(~std::uint64_t(0)));
    std::uint64_t number = generator();
    return to_hex(std::string_view(reinterpret_cast<char const*>(&number), sizeof number));
}

Target open_target(Server::Shared const& shared, RequestReader const& reader, HeaderFields const& fields, SocketPeer const& socket_peer)
{
    Target target;
    auto& request = target.request;
    request.fields = &fields;
    request.request_id = request_id_of(request);
    auto full = path_and_query(reader.target(), request.header("Host").value_or(""));
    auto question = std::min(full.find('?'), full.size());
    request.path = full.substr(0, question);
    request.query = question < full.size() ? full.substr(question + 1) : std::string_view();
    request.method = reader.method() == "HEAD" ? std::string_view("GET") : reader.method();
    auto forwarded = forwarded_for(fields);
    request.peer =
        forwarded.empty() ? socket_peer.texts : peer_of(client_address(socket_peer.address, forwarded, shared.options.trusted_proxies));
    request.same_origin = is_same_origin(request);
    target.found = shared.router.find(request.method, request.path);
    if (target.found.route) request.deadline = Steady::now() + target.found.route->options.time_max;
    target.refusal = refuse_by_head(shared, reader, target, socket_peer.address);
    // A preflight's answer has its own.
    if (target.refusal && reader.method() != "OPTIONS") add_cors(*target.refusal, request, shared.options.cors);
    return target;
}

Response refused_body(Server::Shared const& shared, Request const& request, Refusal const& refusal)
{
    auto response = problem(refusal.status, refusal.code, refusal.detail, request.request_id);
    add_cors(response, request, shared.options.cors);
    return response;
}

asio::awaitable<Response> answer(Server::Shared& shared, Target& target)
{
    target.request.path_parameters = target.found.parameters;
    Response response;
    try {
        response = co_await answer_or_throw(shared, target);
    } catch (std::exception const& failure) {
        response = accident(failure, target.request);
    }
    add_cors(response, target.request, shared.options.cors);
    co_return response;
}

} // namespace pollux::http
