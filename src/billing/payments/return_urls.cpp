#include "billing/payments/return_urls.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

std::string_view view(boost::core::string_view text)
{
    return {text.data(), text.size()};
}

bool is_same(boost::core::string_view left, boost::core::string_view right)
{
    return equals_ignoring_case(view(left), view(right));
}

// Scheme, host and port are the same; the default port may be written out.
bool has_origin(boost::urls::url_view const& url, boost::urls::url_view const& origin)
{
    auto const port_of = [](boost::urls::url_view const& one) {
        if (one.has_port() && !one.port().empty()) return std::string(one.port());
        return std::string(is_same(one.scheme(), "https") ? "443" : "80");
    };
    return is_same(url.scheme(), origin.scheme()) && is_same(url.encoded_host(), origin.encoded_host()) && port_of(url) == port_of(origin);
}

// "/app" is above "/app", "/app/" and "/app/x", not above "/apple". Steps upwards are not followed: who writes them means elsewhere.
bool is_below(std::string_view path, std::string_view root)
{
    while (root.ends_with('/')) root.remove_suffix(1);
    if (!path.starts_with(root)) return false;
    auto const rest = path.substr(root.size());
    bool const goes_up = path.find("/..") != std::string_view::npos || path.find("/%2e") != std::string_view::npos ||
                         path.find("/%2E") != std::string_view::npos || path.find("/.%") != std::string_view::npos;
    return (rest.empty() || rest.front() == '/') && (root.empty() || !goes_up);
}

// No number, or none of a port. "https://host:/" has none written out.
bool has_wrong_port(boost::urls::url_view const& url)
{
    return url.has_port() && !url.port().empty() && url.port_number() == 0;
}

bool is_loopback(boost::urls::url_view const& url)
{
    auto const host = url.encoded_host();
    return is_same(host, "localhost") || is_same(host, "127.0.0.1") || is_same(host, "[::1]");
}

} // namespace

Result<void> check_return_url(ReturnUrls const& allowed, std::string_view text)
{
    if (text.size() > return_url_bytes_max) {
        return invalid("return_url", "too_long", "A return_url has at most " + std::to_string(return_url_bytes_max) + " bytes.");
    }
    auto const url = parse_uri(text);
    if (!url || !is_web(*url) || url->encoded_host().empty() || has_wrong_port(*url))
        return invalid("return_url", "not_a_url", "A return_url is a whole http or https URL.");
    if (url->has_userinfo()) return invalid("return_url", "not_allowed", "A return_url has no user name in it.");
    auto const base = parse_uri(allowed.public_url);
    if (base && has_origin(*url, *base) && is_below(view(url->encoded_path()), view(base->encoded_path()))) return {};
    bool const is_listed = std::ranges::any_of(allowed.origins, [&](std::string const& origin) {
        auto const listed = parse_uri(origin);
        return listed && has_origin(*url, *listed);
    });
    if (is_listed || (allowed.allows_loopback && is_loopback(*url))) return {};
    return invalid("return_url", "not_allowed",
                   "A return_url lies below PUBLIC_URL, or has an origin that CORS_ALLOWED_ORIGINS lists by name.");
}

std::string with_parameter(std::string url, std::string_view parameter)
{
    auto const fragment = url.find('#');
    auto const rest = fragment == std::string::npos ? std::string() : url.substr(fragment);
    if (fragment != std::string::npos) url.resize(fragment);
    url += url.find('?') == std::string::npos ? '?' : '&';
    return url.append(parameter) + rest;
}

} // namespace pollux::billing
