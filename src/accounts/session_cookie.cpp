#include "accounts/session_cookie.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace pollux::accounts {
namespace {

bool is_over_https(http::Request const& request)
{
    constexpr std::string_view scheme = "https://";
    auto const origin = request.header("Origin").value_or("");
    return equals_ignoring_case(origin.substr(0, scheme.size()), scheme);
}

// Of "http://localhost:8000" and "https://[::1]:8000"; empty where none is named.
std::string_view port_of(std::string_view origin)
{
    auto const colon = origin.rfind(':');
    if (colon == std::string_view::npos) return {};
    auto const port = origin.substr(colon + 1);
    return port.find_first_not_of("0123456789") == std::string_view::npos ? port : std::string_view();
}

std::string cookie_name(http::Request const& request)
{
    std::string name = is_over_https(request) ? "__Host-pollux_refresh" : "pollux_refresh";
    auto const port = port_of(request.header("Origin").value_or(""));
    if (!port.empty()) name.append("_").append(port);
    return name;
}

// __Host- is kept only with Secure and for all paths. Without it the cookie goes where it is read, and nowhere else.
std::string attributes(http::Request const& request, std::chrono::seconds lifetime)
{
    auto const kept = "; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime.count());
    return (is_over_https(request) ? "; Path=/; Secure" : "; Path=/auth") + kept;
}

} // namespace

bool is_web_client(http::Request const& request)
{
    return request.header("X-Pollux-Client").value_or("") == "web";
}

std::optional<Error> refuse_foreign_page(http::Request const& request)
{
    if (!is_web_client(request) || request.own_page) return std::nullopt;
    return forbidden("foreign_origin", "X-Pollux-Client: web is for pages of this server: send its own Origin, or list yours in "
                                       "CORS_ALLOWED_ORIGINS with CORS_ALLOW_CREDENTIALS. Without that header tokens come in the body.");
}

std::optional<std::string> cookie_token(http::Request const& request)
{
    if (!is_web_client(request)) return std::nullopt;
    auto const name = cookie_name(request);
    auto rest = request.header("Cookie").value_or("");
    while (!rest.empty()) {
        auto const end = std::min(rest.find(';'), rest.size());
        auto const pair = trim(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        auto const equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name && equals < pair.size()) return std::string(pair.substr(equals + 1));
    }
    return std::nullopt;
}

std::string set_cookie(http::Request const& request, std::string_view refresh_token, std::chrono::seconds lifetime)
{
    return cookie_name(request) + "=" + std::string(refresh_token) + attributes(request, lifetime);
}

std::string clear_cookie(http::Request const& request)
{
    return cookie_name(request) + "=" + attributes(request, std::chrono::seconds(0));
}

} // namespace pollux::accounts
