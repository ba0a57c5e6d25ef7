#include "http/dispatch.hpp"

#include "base/reason.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "base/unavailable.hpp"
#include "base/uri.hpp"
#include "http/error_response.hpp"
#include "http/forwarding.hpp"
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
    bool const is_plain =
        given && !given->empty() && given->size() <= id_bytes_max && std::all_of(given->begin(), given->end(), [](char letter) {
            return std::isalnum(static_cast<unsigned char>(letter)) || letter == '.' || letter == '_' || letter == '-';
        });
    return is_plain ? std::string(*given) : new_request_id();
}

// "/a?b" of origin-form and absolute-form (RFC 9112, 3.2); empty for what is neither, and for an absolute-form that names another
// host than the Host header: others on the way may have read that one. The origin-form, which nearly every request has, is no URL to be
// taken apart, and is taken with whatever letters stand in it: its path either is a route's or is not found.
std::string_view path_and_query(std::string_view target, std::string_view host)
{
    if (target.starts_with('/')) return target;
    auto const url = parse_uri(target);
    if (!url || !is_web(*url) || host.empty() || !equals_ignoring_case(url->encoded_authority(), host)) return {};
    auto const resource = target.substr(url->encoded_origin().size());
    return resource.empty() ? "/" : resource;
}

// What stands before the next semicolon; it is taken off.
std::string_view take_parameter(std::string_view& text)
{
    auto end = std::min(text.find(';'), text.size());
    auto part = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

// "utf-8", "UTF8", "utf_8": names of character sets are compared by letters and digits alone (UTS 22, 1.4).
bool is_utf8_name(std::string_view charset)
{
    std::string plain = lower_ascii(charset);
    std::erase_if(plain, [](char letter) { return !std::isalnum(static_cast<unsigned char>(letter)); });
    return plain == "utf8" || plain == "csutf8";
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
        bool const is_utf8 = is_utf8_name(parameter.substr(std::min(equals + 1, parameter.size())));
        if (has_charset || !is_utf8) return false;
        has_charset = true;
    }
    return true;
}

std::optional<Response> refuse_content(Request const& request, RequestReader const& reader, Route const& route)
{
    if (route.shape.takes_raw_body) return std::nullopt;
    auto const encoding = request.header("Content-Encoding");
    if (encoding && !equals_ignoring_case(trim(*encoding), "identity")) {
        return problem(415, "unsupported_encoding", "Send the body as it is: no Content-Encoding is taken.", request.request_id);
    }
    if (route.shape.body_schema.empty() || !reader.has_body()) return std::nullopt;
    if (is_utf8_json(request.header("Content-Type").value_or(""))) return std::nullopt;
    return problem(415, "unsupported_media_type", "Send JSON in UTF-8 with the header Content-Type: application/json.", request.request_id);
}

// Pages stand behind the API: they are looked for where no route was found.
Response answer_unrouted(Server::Shared const& shared, Target& target, std::string_view method)
{
    auto const& pages = shared.options.pages;
    auto page = pages ? pages(target.request, method) : std::nullopt;
    if (page) {
        target.counted_as = &shared.pages_route;
        return std::move(*page);
    }
    return problem(404, "path_not_found", "There is nothing at this path; see /openapi.json.", target.request.request_id);
}

std::optional<Response> refuse_by_head(Server::Shared const& shared, RequestReader const& reader, Target& target,
                                       asio::ip::address const& socket_peer)
{
    auto& request = target.request;
    auto const& options = shared.options;
    auto* route = target.found.route;
    bool const is_known = std::find(known_methods.begin(), known_methods.end(), reader.method()) != known_methods.end();
    if (!is_known) return problem(501, "method_not_implemented", "This method is not implemented here.", request.request_id);
    if (reader.target() == "*" && reader.method() == "OPTIONS") return Response{.status = 204, .content_type = ""};
    if (request.path.empty())
        return problem(400, "bad_target", "Ask for a path that starts with a slash, or for http:// and the Host.", request.request_id);
    bool const takes_any_host = route && route->options.ignores_allowed_hosts && !options.health_asks_for_hosts;
    if (!takes_any_host && !is_allowed_host(request.header("Host").value_or(""), options.allowed_hosts)) {
        return problem(400, "host_not_allowed", "This server does not answer for that Host; see ALLOWED_HOSTS.", request.request_id);
    }
    if (options.debug) {
        auto error = refuse_remote_debug(request, socket_peer, reader.version() < 11, options.debug_networks);
        if (error) return problem(*error, request.request_id);
    }
    if (target.found.allow.empty()) return answer_unrouted(shared, target, reader.method());
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
    if (!request.query.empty() && !route->shape.takes_raw_body) {
        auto pairs = parse_query(request.query);
        if (!pairs) return problem(pairs.error(), request.request_id);
        request.parameters = std::move(*pairs);
    }
    return refuse_content(request, reader, *route);
}

// Empty, or why the caller is not let in.
std::optional<Error> authenticate(Server::Shared const& shared, Target& target)
{
    bool const is_open = target.found.route->options.access == Access::open;
    auto const token = target.request.bearer_token();
    if (token.empty()) {
        if (is_open) return std::nullopt;
        return unauthenticated("token_missing", "Send the header Authorization: Bearer <access token>; get one at /auth/verify-otp/.");
    }
    auto identity = shared.authenticator(token);
    if (identity) {
        target.request.identity = *identity;
        return std::nullopt;
    }
    if (is_open) return std::nullopt;
    return identity.error();
}

std::optional<Response> refuse_by_unread_answers(Server::Shared const& shared, Request const& request, Route const& route)
{
    using std::chrono::seconds;
    switch (shared.answers.judge(asker_of(request))) {
    case AnswerBudget::Verdict::free: return std::nullopt;
    case AnswerBudget::Verdict::asker_full:
        if (route.options.answers_in_few_words && !request.identity) return std::nullopt;
        return problem(rate_limited("answers_unread", "Read the answers that you have asked for first.", seconds(1)), request.request_id);
    case AnswerBudget::Verdict::full:
        return problem(unavailable("answers_unread", "Too many answers wait to be read; try again shortly.", seconds(1)),
                       request.request_id);
    }
    return std::nullopt;
}

asio::awaitable<std::optional<Response>> refuse_caller_or_throw(Server::Shared& shared, Target& target)
{
    auto refused = authenticate(shared, target);
    if (refused) co_return problem(*refused, target.request.request_id);
    if (shared.options.rate_limits) {
        auto limited = co_await refuse_by_rate(shared, target.request, *target.found.route, target.rates);
        if (limited) co_return limited;
    }
    co_return refuse_by_unread_answers(shared, target.request, *target.found.route);
}

asio::awaitable<Response> answer_or_throw(Target& target)
{
    auto result = co_await target.found.route->handler(target.request);
    if (!result) co_return problem(result.error(), target.request.request_id);
    co_return std::move(*result);
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
    if (failure.lack() == Lack::outcome) {
        return unavailable("outcome_unknown",
                           "The storage went away before it said whether this was done. Send the same again with the same Idempotency-Key, "
                           "which does it once; without one, look first whether it was done.",
                           seconds(1));
    }
    return unavailable("storage_unavailable", "Nothing could be stored or read just now; try again shortly.", seconds(1));
}

Response accident(std::exception const& failure, Request const& request)
{
    ops::log(ops::Level::error, "request_failed", {{"request_id", request.request_id}, {"reason", reason_of(failure)}});
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
    request.peer = peer_behind(shared, fields, socket_peer);
    request.same_origin = is_same_origin(request);
    request.known_origin = is_known_origin(request, shared.options.cors);
    target.found = shared.router.find(request.method, request.path);
    if (target.found.route) {
        auto const& options = target.found.route->options;
        request.deadline = Steady::now() + options.time_max;
        request.own_page = options.knows_cookies && is_own_page(request, shared.options);
    }
    target.counted_as = target.found.route;
    target.refusal = refuse_by_head(shared, reader, target, socket_peer.address);
    // A preflight's answer has its own.
    if (target.refusal && reader.method() != "OPTIONS") add_cors(*target.refusal, request, shared.options.cors);
    return target;
}

asio::awaitable<std::optional<Response>> refuse_caller(Server::Shared& shared, Target& target)
{
    std::optional<Response> response;
    try {
        response = co_await refuse_caller_or_throw(shared, target);
    } catch (std::exception const& failure) {
        response = accident(failure, target.request);
    }
    if (response) add_cors(*response, target.request, shared.options.cors);
    co_return response;
}

BodyPool body_pool(Target const& target)
{
    if (target.found.route->shape.takes_raw_body) return BodyPool::raw;
    return target.request.identity ? BodyPool::user : BodyPool::open;
}

Response refused_body(Server::Shared const& shared, Request const& request, Refusal const& refusal)
{
    auto response = problem(refusal.status, refusal.code, refusal.detail, request.request_id);
    if (refusal.status == 503) response.headers.emplace_back("Retry-After", "1");
    add_cors(response, request, shared.options.cors);
    return response;
}

asio::awaitable<Response> answer(Server::Shared& shared, Target& target)
{
    target.request.path_parameters = target.found.parameters;
    Response response;
    try {
        response = co_await answer_or_throw(target);
    } catch (std::exception const& failure) {
        response = accident(failure, target.request);
    }
    add_rate_headers(response, std::move(target.rates));
    add_cors(response, target.request, shared.options.cors);
    co_return response;
}

} // namespace pollux::http
