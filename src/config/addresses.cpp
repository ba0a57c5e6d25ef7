#include "config/addresses.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cmath>

namespace pollux::config {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    auto number = parse_integer(text);
    if (!number || *number < 0 || *number > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

// 4 or 6, or 0 when `text` is no address.
int address_family(std::string_view text)
{
    std::string terminated(text);
    in6_addr scratch{};
    if (inet_pton(AF_INET, terminated.c_str(), &scratch) == 1) return 4;
    return inet_pton(AF_INET6, terminated.c_str(), &scratch) == 1 ? 6 : 0;
}

bool is_host_name(std::string_view host)
{
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
           std::all_of(host.begin(), host.end(), allowed);
}

// Cuts "host" or "[v6]" off the front of `authority`; what is left is empty or ":port".
std::optional<std::string> take_host(std::string_view& authority)
{
    bool is_bracketed = authority.starts_with('[');
    std::size_t end = is_bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (end == std::string_view::npos) return std::nullopt;
    std::string host(is_bracketed ? authority.substr(1, end - 1) : authority.substr(0, end));
    authority.remove_prefix(is_bracketed ? end + 1 : end);
    bool is_right = is_bracketed ? address_family(host) == 6 : host.empty() || is_host_name(host);
    if (!is_right) return std::nullopt;
    return host;
}

} // namespace

std::string WebUrl::origin() const
{
    bool is_usual = port == (is_https ? 443 : 80);
    return (is_https ? "https://" : "http://") + host + (is_usual ? "" : ":" + std::to_string(port));
}

std::string WebUrl::text() const
{
    return origin() + path;
}

std::optional<WebUrl> parse_web_url(std::string_view text)
{
    WebUrl url;
    std::size_t scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) return std::nullopt;
    std::string scheme = lower_ascii(text.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    url.is_https = scheme == "https";
    text.remove_prefix(scheme_end + 3);

    std::size_t slash = std::min(text.find('/'), text.size());
    std::string_view authority = text.substr(0, slash);
    std::string_view path = text.substr(slash);
    bool is_v6 = authority.starts_with('[');
    auto host = take_host(authority);
    if (!host || host->empty()) return std::nullopt;
    url.host = is_v6 ? "[" + lower_ascii(*host) + "]" : lower_ascii(*host);
    url.port = url.is_https ? 443 : 80;
    if (!authority.empty()) {
        if (authority.front() != ':') return std::nullopt;
        auto port = parse_port(authority.substr(1));
        if (!port || *port == 0) return std::nullopt;
        url.port = *port;
    }
    auto is_plain = [](char c) { return c > ' ' && c < 127 && c != '?' && c != '#' && c != '"' && c != '\\' && c != '<' && c != '>'; };
    if (!std::all_of(path.begin(), path.end(), is_plain)) return std::nullopt;
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;
    return url;
}

std::optional<std::string> parse_origin(std::string_view text)
{
    if (auto const url = parse_web_url(text)) {
        if (!url->path.empty()) return std::nullopt;
        return url->origin();
    }
    std::string const origin = lower_ascii(text);
    auto const scheme_end = origin.find("://");
    auto is_of_scheme = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
    auto const scheme = std::string_view(origin).substr(0, std::min(scheme_end, origin.size()));
    bool const has_scheme = scheme_end != std::string::npos && !scheme.empty() && scheme.front() >= 'a' && scheme.front() <= 'z' &&
                            std::ranges::all_of(scheme, is_of_scheme);
    if (!has_scheme || scheme == "http" || scheme == "https") return std::nullopt;
    std::string_view authority = std::string_view(origin).substr(scheme_end + 3);
    auto const host = take_host(authority);
    if (!host || host->empty()) return std::nullopt;
    auto const port = authority.starts_with(':') ? parse_port(authority.substr(1)) : std::nullopt;
    if (!authority.empty() && !port) return std::nullopt;
    return origin;
}

bool is_loopback_host(std::string_view host)
{
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (equals_ignoring_case(host, "localhost") || host == "::1") return true;
    return address_family(host) == 4 && host.starts_with("127.");
}

std::optional<Endpoint> parse_endpoint(std::string_view text)
{
    auto host = take_host(text);
    if (!host || !text.starts_with(":")) return std::nullopt;
    auto port = parse_port(text.substr(1));
    if (!port) return std::nullopt;
    if (host->empty()) return Endpoint{"0.0.0.0", *port};
    if (equals_ignoring_case(*host, "localhost")) return Endpoint{"127.0.0.1", *port};
    if (address_family(*host) == 0) return std::nullopt;
    return Endpoint{*host, *port};
}

std::string to_text(Endpoint const& endpoint)
{
    bool is_v6 = endpoint.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

bool is_network(std::string_view text)
{
    std::size_t slash = text.find('/');
    int family = address_family(text.substr(0, slash));
    if (family == 0) return false;
    if (slash == std::string_view::npos) return true;
    auto bits = parse_integer(text.substr(slash + 1));
    return bits && *bits >= 0 && *bits <= (family == 4 ? 32 : 128);
}

namespace {

struct NetworkSize {
    int family = 4;
    int bits = 32; // Of the prefix.
};

// IPv6 addresses that stand for IPv4 ones (::ffff:0:0/96) count as those.
NetworkSize size_of(std::string_view network)
{
    constexpr int mapped_bits = 96;
    std::size_t const slash = network.find('/');
    std::string const base(network.substr(0, slash));
    NetworkSize size{address_family(base), 0};
    auto const bits = slash == std::string_view::npos ? std::nullopt : parse_integer(network.substr(slash + 1));
    size.bits = static_cast<int>(bits.value_or(size.family == 4 ? 32 : 128));
    in6_addr address{};
    bool const is_mapped =
        size.family == 6 && size.bits >= mapped_bits && inet_pton(AF_INET6, base.c_str(), &address) == 1 && IN6_IS_ADDR_V4MAPPED(&address);
    return is_mapped ? NetworkSize{4, size.bits - mapped_bits} : size;
}

} // namespace

bool hold_much_of_the_world(std::vector<std::string> const& networks)
{
    constexpr double much = 1.0 / 16;
    double v4 = 0;
    double v6 = 0;
    for (auto const& network : networks) {
        auto const size = size_of(network);
        (size.family == 4 ? v4 : v6) += std::ldexp(1.0, -size.bits);
    }
    return v4 >= much || v6 >= much;
}

bool is_loopback_network(std::string_view network)
{
    auto const size = size_of(network);
    auto const base = network.substr(0, network.find('/'));
    if (size.family == 4) return size.bits >= 8 && (base.starts_with("127.") || lower_ascii(base).starts_with("::ffff:127."));
    return size.bits == 128 && is_loopback_host(base);
}

} // namespace pollux::config
