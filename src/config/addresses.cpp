#include "config/addresses.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cmath>

namespace pollux::config {

namespace urls = boost::urls;

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
    std::string const terminated(text);
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

// As hosts are written in settings, in small letters, IPv6 in brackets; nothing for what is empty, encoded or of a kind to come.
std::optional<std::string> host_of(urls::authority_view const& authority)
{
    std::string host = lower_ascii(authority.encoded_host());
    bool const is_address = authority.host_type() == urls::host_type::ipv4 || authority.host_type() == urls::host_type::ipv6;
    bool const is_name = authority.host_type() == urls::host_type::name && is_host_name(host);
    if (authority.has_userinfo() || (!is_address && !is_name)) return std::nullopt;
    return host;
}

// Nothing where it is no number, or a colon stands before nothing.
std::optional<std::uint16_t> port_of(urls::authority_view const& authority)
{
    return parse_port(authority.port());
}

} // namespace

std::string WebUrl::origin() const
{
    bool const is_usual = port == (is_https ? 443 : 80);
    return (is_https ? "https://" : "http://") + host + (is_usual ? "" : ":" + std::to_string(port));
}

std::string WebUrl::text() const
{
    return origin() + path;
}

std::optional<WebUrl> parse_web_url(std::string_view text)
{
    auto const parsed = parse_uri(text);
    if (!parsed || !is_web(*parsed) || !parsed->has_authority() || parsed->has_query() || parsed->has_fragment()) return std::nullopt;
    auto const authority = parsed->authority();
    auto host = host_of(authority);
    if (!host) return std::nullopt;
    WebUrl url{.is_https = parsed->scheme_id() == urls::scheme::https, .host = std::move(*host), .port = 0, .path = {}};
    url.port = url.is_https ? 443 : 80;
    if (authority.has_port()) {
        auto const port = port_of(authority);
        if (!port || *port == 0) return std::nullopt;
        url.port = *port;
    }
    std::string_view path = parsed->encoded_path();
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;
    return url;
}

std::variant<std::string, HostFault> parse_host(std::string_view text)
{
    auto const authority = urls::parse_authority(text);
    auto host = authority ? host_of(*authority) : std::nullopt;
    if (!host) return HostFault::unreadable;
    if (authority->has_port()) return HostFault::has_port;
    return std::move(*host);
}

std::optional<std::string> parse_origin(std::string_view text)
{
    if (auto const url = parse_web_url(text)) {
        if (!url->path.empty()) return std::nullopt;
        return url->origin();
    }
    auto const parsed = parse_uri(text);
    if (!parsed || is_web(*parsed) || !parsed->has_authority()) return std::nullopt;
    auto const authority = parsed->authority();
    bool const is_all = parsed->encoded_origin().size() == text.size();
    bool const is_right = host_of(authority) && (!authority.has_port() || port_of(authority));
    if (!is_all || !is_right) return std::nullopt;
    return lower_ascii(text);
}

bool is_loopback_host(std::string_view host)
{
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (equals_ignoring_case(host, "localhost") || host == "::1") return true;
    return address_family(host) == 4 && host.starts_with("127.");
}

bool may_be_reported_to(std::string_view public_url, std::string_view vendor)
{
    auto const service = parse_web_url(public_url);
    auto const sender = parse_web_url(vendor);
    return service && (service->is_https || (sender && is_loopback_host(sender->host)));
}

std::optional<Endpoint> parse_endpoint(std::string_view text)
{
    auto const authority = urls::parse_authority(text);
    if (!authority || authority->has_userinfo()) return std::nullopt;
    auto const port = port_of(*authority);
    if (!port) return std::nullopt;
    if (authority->encoded_host().empty()) return Endpoint{"0.0.0.0", *port};
    bool const is_address = authority->host_type() == urls::host_type::ipv4 || authority->host_type() == urls::host_type::ipv6;
    if (is_address) return Endpoint{authority->host_address(), *port};
    if (equals_ignoring_case(authority->encoded_host(), "localhost")) return Endpoint{"127.0.0.1", *port};
    return std::nullopt;
}

std::string to_text(Endpoint const& endpoint)
{
    bool const is_v6 = endpoint.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

bool is_network(std::string_view text)
{
    std::size_t const slash = text.find('/');
    int const family = address_family(text.substr(0, slash));
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

bool meet(Endpoint const& one, Endpoint const& other)
{
    auto const is_any = [](std::string_view host) { return host == "0.0.0.0" || host == "::"; };
    bool const is_same_port = one.port != 0 && one.port == other.port;
    return is_same_port && (one.host == other.host || is_any(one.host) || is_any(other.host));
}

bool is_loopback_network(std::string_view network)
{
    auto const size = size_of(network);
    auto const base = network.substr(0, network.find('/'));
    if (size.family == 4) return size.bits >= 8 && (base.starts_with("127.") || lower_ascii(base).starts_with("::ffff:127."));
    return size.bits == 128 && is_loopback_host(base);
}

} // namespace pollux::config
