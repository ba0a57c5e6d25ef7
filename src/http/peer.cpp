#include "http/peer.hpp"

#include "base/text.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace pollux::http {
namespace {

constexpr std::int64_t mapped_prefix_bits = 96; // Of ::ffff:0:0/96, RFC 4291, 2.5.5.2.

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

// Without a zone, too ("fe80::1%eth0"): it names a link of the machine that wrote it down, not another client.
address unmapped(address const& any)
{
    if (any.is_v4()) return any;
    auto const v6 = any.to_v6();
    if (v6.is_v4_mapped()) return make_address_v4(asio::ip::v4_mapped, v6);
    return address_v6(v6.to_bytes());
}

bool same_prefix(unsigned char const* left, unsigned char const* right, unsigned bits)
{
    for (unsigned bit = 0; bit < bits; ++bit) {
        unsigned const mask = 0x80u >> (bit % 8);
        if ((left[bit / 8] & mask) != (right[bit / 8] & mask)) return false;
    }
    return true;
}

std::string prefix_text(address const& any, unsigned bits_v4, unsigned bits_v6)
{
    if (any.is_v4()) {
        auto network = asio::ip::network_v4(any.to_v4(), static_cast<unsigned short>(bits_v4)).canonical();
        return bits_v4 == 32 ? any.to_string() : network.to_string();
    }
    return asio::ip::network_v6(any.to_v6(), static_cast<unsigned short>(bits_v6)).canonical().to_string();
}

std::optional<address> plain_address(std::string_view text)
{
    boost::system::error_code error;
    auto const named = asio::ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    return named;
}

bool is_port(std::string_view text)
{
    constexpr std::size_t digits_max = 5;
    return !text.empty() && text.size() <= digits_max && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "192.0.2.7", "192.0.2.7:443", "2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:443", each in quotes or behind "for=" if need be.
std::optional<address> address_in(std::string_view entry)
{
    constexpr std::string_view label = "for=";
    if (equals_ignoring_case(entry.substr(0, label.size()), label)) entry = trim(entry.substr(label.size()));
    bool const is_quoted = entry.size() >= 2 && entry.front() == '"' && entry.back() == '"';
    if (is_quoted) entry = trim(entry.substr(1, entry.size() - 2));
    if (entry.starts_with('[')) {
        auto const end = entry.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        auto const rest = entry.substr(end + 1);
        bool const is_right = rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
        auto const inside = plain_address(entry.substr(1, end - 1));
        if (!is_right || !inside || !inside->is_v6()) return std::nullopt;
        return inside;
    }
    if (auto const whole = plain_address(entry)) return whole;
    auto const colon = std::min(entry.rfind(':'), entry.size());
    if (colon == entry.size() || !is_port(entry.substr(colon + 1))) return std::nullopt;
    return plain_address(entry.substr(0, colon));
}

// Something that may stand in a log and in a list of sessions.
std::string plain_name(std::string_view entry)
{
    constexpr std::size_t bytes_max = 64;
    std::string name(entry.substr(0, bytes_max));
    for (char& letter : name) {
        bool const is_plain = letter > 0x20 && letter < 0x7F;
        if (!is_plain) letter = '?';
    }
    return name;
}

} // namespace

Networks::Networks(std::vector<std::string> const& texts)
{
    for (auto const& text : texts) {
        auto slash = text.find('/');
        boost::system::error_code error;
        auto base = asio::ip::make_address(text.substr(0, slash), error);
        if (error) throw std::invalid_argument("not a network: " + text);
        unsigned bits_all = base.is_v4() ? 32 : 128;
        auto bits = slash == std::string::npos ? std::optional<std::int64_t>(bits_all) : parse_integer(text.substr(slash + 1));
        if (!bits || *bits < 0 || *bits > bits_all) throw std::invalid_argument("not a network: " + text);
        bool const is_mapped = base.is_v6() && base.to_v6().is_v4_mapped() && *bits >= mapped_prefix_bits;
        if (is_mapped) *bits -= mapped_prefix_bits; // Clients are compared as IPv4, in whatever form they come.
        ranges_.push_back({is_mapped ? unmapped(base) : base, static_cast<unsigned>(*bits)});
    }
}

bool Networks::contains(address const& any) const
{
    address const plain = unmapped(any);
    for (auto const& range : ranges_) {
        if (range.base.is_v4() != plain.is_v4()) continue;
        bool const inside = plain.is_v4() ? same_prefix(range.base.to_v4().to_bytes().data(), plain.to_v4().to_bytes().data(), range.bits)
                                          : same_prefix(range.base.to_v6().to_bytes().data(), plain.to_v6().to_bytes().data(), range.bits);
        if (inside) return true;
    }
    return false;
}

Client client_behind(address const& socket_peer, std::string_view forwarded_for, TrustedProxies const& trusted)
{
    Client client{unmapped(socket_peer), {}};
    std::size_t skipped = 0;
    while (!forwarded_for.empty()) {
        bool const is_trusted = trusted.hops > 0 ? skipped < trusted.hops : trusted.networks.contains(client.address);
        if (!is_trusted) break;
        auto const comma = forwarded_for.rfind(',');
        auto const entry = trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
        forwarded_for = comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
        auto const named = address_in(entry);
        if (!named) {
            client.name = entry.empty() ? "(empty)" : plain_name(entry);
            break; // A proxy that cannot be told apart vouches for nobody.
        }
        client.address = unmapped(*named);
        ++skipped;
    }
    return client;
}

bool is_near(address const& any)
{
    static Networks const near({"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7"});
    return near.contains(any);
}

Peer peer_of(Client const& client)
{
    if (client.name.empty()) return peer_of(client.address);
    return {client.name, "name:" + client.name, "name:" + client.name};
}

Peer peer_of(address const& any)
{
    address const plain = unmapped(any);
    return {plain.to_string(), prefix_text(plain, 32, 64), prefix_text(plain, 24, 56)};
}

} // namespace pollux::http
