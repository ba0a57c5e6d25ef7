#include "http/gate.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>
#include <array>

namespace pollux::http {

namespace urls = boost::urls;
using Field = boost::beast::http::field;

namespace {

bool came_through_proxy(Request const& request, bool is_http_1_0)
{
    return is_http_1_0 || has_forwarding_header(*request.fields);
}

bool is_listed_origin(std::string_view origin, CorsOptions const& options)
{
    return std::ranges::find(options.origins, lower_ascii(origin)) != options.origins.end();
}

// "http://localhost:8000" -> "localhost:8000"; empty for other schemes (an app's own pages), for "null" and for what is more than an
// origin.
std::string_view web_authority(std::string_view origin)
{
    auto const url = parse_uri(origin);
    if (!url || !is_web(*url) || url->encoded_origin().size() != origin.size()) return {};
    return url->encoded_authority();
}

bool is_header_name(std::string_view name)
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~"; // RFC 9110, 5.6.2.
    return !name.empty() && std::ranges::all_of(name, [&](char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) || marks.find(letter) != std::string_view::npos;
    });
}

// What our own clients send, and whatever plain names the page asks for: tracing and libraries add headers of theirs.
std::string allowed_headers(Request const& request)
{
    constexpr std::size_t names_max = 64;
    std::string allowed = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-ID, X-Pollux-Client";
    auto asked = request.header("Access-Control-Request-Headers").value_or("");
    for (std::size_t count = 0; !asked.empty() && count < names_max; ++count) {
        auto const comma = std::min(asked.find(','), asked.size());
        auto const name = trim(asked.substr(0, comma));
        asked.remove_prefix(std::min(comma + 1, asked.size()));
        if (is_header_name(name)) allowed.append(", ").append(name);
    }
    return allowed;
}

bool is_allowed_origin(std::string_view origin, CorsOptions const& options)
{
    return options.allow_all || is_listed_origin(origin, options);
}

bool is_forwarding_name(std::string_view field_name)
{
    // By rule: proxies and platforms make up new ones, and none of these comes from a browser or a program that calls by itself.
    constexpr std::array<std::string_view, 6> parts{"forwarded", "client-ip", "real-ip", "remote-ip", "connecting-ip", "cluster-ip"};
    constexpr std::array<std::string_view, 13> beginnings{
        "cf-",         "fly-",   "x-vercel-",    "x-azure-",       "x-amzn-", "x-amz-cf-", "x-envoy-",
        "x-original-", "x-arr-", "x-appengine-", "x-cloud-trace-", "fastly-", "x-nf-"};
    constexpr std::array<std::string_view, 9> names{"via",    "cdn-loop",        "x-scheme",        "x-remote-addr", "x-proxyuser-ip",
                                                    "x-host", "front-end-https", "x-request-start", "x-nginx-proxy"};
    std::string const name = lower_ascii(field_name);
    return std::ranges::any_of(parts, [&](auto part) { return name.find(part) != std::string::npos; }) ||
           std::ranges::any_of(beginnings, [&](auto beginning) { return name.starts_with(beginning); }) ||
           std::ranges::find(names, name) != names.end();
}

// The same for the names that Beast numbers, which most headers have.
bool is_known_forwarding_field(Field field)
{
    static std::vector<bool> const answers = [] {
        std::vector<bool> made;
        for (std::size_t number = 0; number <= static_cast<std::size_t>(Field::xref); ++number) { // The last one.
            made.push_back(is_forwarding_name(to_string(static_cast<Field>(number))));
        }
        return made;
    }();
    return answers.at(static_cast<std::size_t>(field));
}

// What host_name() returns.
std::string parse_host_name(std::string_view host)
{
    auto const authority = urls::parse_authority(host);
    if (!authority || authority->has_userinfo()) return {};
    auto name = lower_ascii(authority->encoded_host());
    if (name.ends_with('.')) name.pop_back();
    return name;
}

} // namespace

bool has_forwarding_header(HeaderFields const& fields)
{
    return std::ranges::any_of(fields.fields, [](auto const& field) {
        return field.name() == Field::unknown ? is_forwarding_name(field.name_string()) : is_known_forwarding_field(field.name());
    });
}

bool is_loopback_name(std::string_view host)
{
    if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
    boost::system::error_code error;
    auto address = asio::ip::make_address_v4(std::string(host), error);
    return !error && address.is_loopback();
}

std::string host_name(std::string_view host)
{
    // Nearly all requests of a thread are for one Host.
    thread_local std::pair<std::string, std::string> last;
    if (last.first != host) last = {std::string(host), parse_host_name(host)};
    return last.second;
}

bool is_allowed_host(std::string_view host, std::vector<std::string> const& allowed)
{
    return is_among_hosts(host_name(host), allowed);
}

std::optional<Error> refuse_remote_debug(Request const& request, asio::ip::address const& socket_peer, bool is_http_1_0,
                                         Networks const& debug_networks)
{
    bool const is_local = debug_networks.contains(socket_peer) && is_loopback_name(host_name(request.header("Host").value_or(""))) &&
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
    auto const authority = web_authority(*origin);
    return !authority.empty() && equals_ignoring_case(authority, request.header("Host").value_or(""));
}

bool is_known_origin(Request const& request, CorsOptions const& options)
{
    if (request.same_origin) return true;
    auto const origin = request.header("Origin");
    if (!origin) return false; // Another site's form or picture.
    auto const authority = web_authority(*origin);
    return is_listed_origin(*origin, options) || (!authority.empty() && is_loopback_name(host_name(authority)));
}

bool is_own_page(Request const& request, ServerOptions const& options)
{
    auto const origin = request.header("Origin");
    if (!origin || request.header("Sec-Fetch-Site").value_or("") == "cross-site") return false;
    bool const is_listed = options.cors.allow_credentials && is_listed_origin(*origin, options.cors);
    return request.same_origin || is_listed || (!options.own_origin.empty() && equals_ignoring_case(*origin, options.own_origin));
}

Headers cors_headers(Request const& request, CorsOptions const& options)
{
    auto origin = request.header("Origin");
    if (!origin || !is_allowed_origin(*origin, options)) return {};
    bool const any = options.allow_all && !options.allow_credentials;
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
    headers.emplace_back("Access-Control-Allow-Headers", allowed_headers(request));
    headers.emplace_back("Access-Control-Max-Age", "600");
    return headers;
}

} // namespace pollux::http
