#include "http/gate.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace pollux::http {
namespace {

bool is_loopback_name(std::string const& host)
{
    if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
    boost::system::error_code error;
    auto address = asio::ip::make_address_v4(host, error);
    return !error && address.is_loopback();
}

bool came_through_proxy(Request const& request, bool is_http_1_0)
{
    if (is_http_1_0) return true;
    for (auto name : {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"}) {
        if (request.header(name)) return true;
    }
    return false;
}

bool is_allowed_origin(std::string_view origin, CorsOptions const& options)
{
    std::string lowered = lower_ascii(origin);
    return options.allow_all || std::find(options.origins.begin(), options.origins.end(), lowered) != options.origins.end();
}

} // namespace

std::string host_name(std::string_view host)
{
    auto bracket = host.rfind(']');
    auto colon = host.rfind(':');
    bool has_colon = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    bool has_port = has_colon && host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    auto name = lower_ascii(has_port ? host.substr(0, colon) : host);
    if (name.ends_with('.')) name.pop_back();
    return name;
}

bool is_allowed_host(std::string_view host, std::vector<std::string> const& allowed)
{
    std::string name = host_name(host);
    return std::any_of(allowed.begin(), allowed.end(), [&](std::string const& pattern) {
        if (pattern == "*") return true;
        if (pattern.starts_with('.')) return name == pattern.substr(1) || name.ends_with(pattern);
        return name == pattern;
    });
}

std::optional<Error> refuse_remote_debug(Request const& request, asio::ip::address const& socket_peer, bool is_http_1_0,
                                         Networks const& debug_networks)
{
    bool is_local = debug_networks.contains(socket_peer) && is_loopback_name(host_name(request.header("Host").value_or(""))) &&
                    !came_through_proxy(request, is_http_1_0);
    if (is_local) return std::nullopt;
    return forbidden("debug_is_local", "This server runs in debug mode and answers local requests only: call it by a loopback name "
                                       "and without a proxy, or start it with DEBUG=False.");
}

bool is_same_origin(Request const& request)
{
    if (request.header("Sec-Fetch-Site").value_or("") == "cross-site") return false;
    auto origin = request.header("Origin");
    if (!origin) return true;
    auto scheme = origin->find("://");
    if (scheme == std::string_view::npos) return false; // "null"
    return equals_ignoring_case(origin->substr(scheme + 3), request.header("Host").value_or(""));
}

Headers cors_headers(Request const& request, CorsOptions const& options)
{
    auto origin = request.header("Origin");
    if (!origin || !is_allowed_origin(*origin, options)) return {};
    bool any = options.allow_all && !options.allow_credentials;
    Headers headers{
        {"Access-Control-Allow-Origin", any ? "*" : std::string(*origin)},
        {"Access-Control-Expose-Headers", "X-Request-ID, Retry-After, RateLimit, RateLimit-Policy, Location, Idempotent-Replayed"}};
    if (!any) headers.emplace_back("Vary", "Origin");
    if (options.allow_credentials) headers.emplace_back("Access-Control-Allow-Credentials", "true");
    return headers;
}

Headers preflight_headers(Request const& request, CorsOptions const& options, std::string_view allow)
{
    auto headers = cors_headers(request, options);
    if (headers.empty() || !request.header("Access-Control-Request-Method")) return headers;
    headers.emplace_back("Access-Control-Allow-Methods", allow);
    headers.emplace_back("Access-Control-Allow-Headers",
                         "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-ID, X-Pollux-Client");
    headers.emplace_back("Access-Control-Max-Age", "600");
    return headers;
}

} // namespace pollux::http
