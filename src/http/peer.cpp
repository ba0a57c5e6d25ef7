#include "http/peer.hpp"

#include "base/text.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <stdexcept>

namespace pollux::http {
namespace {

constexpr std::int64_t mapped_prefix_bits = 96; // Of ::ffff:0:0/96, RFC 4291, 2.5.5.2.

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

// Without a zone, too ("fe80::1%eth0"): it names a link of whoever wrote it down, not another client.
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
        unsigned mask = 0x80u >> (bit % 8);
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
    address plain = unmapped(any);
    for (auto const& range : ranges_) {
        if (range.base.is_v4() != plain.is_v4()) continue;
        bool inside = plain.is_v4() ? same_prefix(range.base.to_v4().to_bytes().data(), plain.to_v4().to_bytes().data(), range.bits)
                                    : same_prefix(range.base.to_v6().to_bytes().data(), plain.to_v6().to_bytes().data(), range.bits);
        if (inside) return true;
    }
    return false;
}

address client_address(address socket_peer, std::string_view forwarded_for, TrustedProxies const& trusted)
{
    address client = unmapped(socket_peer);
    std::size_t skipped = 0;
    while (!forwarded_for.empty()) {
        bool is_trusted = trusted.hops > 0 ? skipped < trusted.hops : trusted.networks.contains(client);
        if (!is_trusted) break;
        auto comma = forwarded_for.rfind(',');
        auto entry = trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
        forwarded_for = comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
        boost::system::error_code error;
        auto named = asio::ip::make_address(std::string(entry), error);
        if (error) break; // What a proxy did not write well vouches for nobody.
        client = unmapped(named);
        ++skipped;
    }
    return client;
}

Peer peer_of(address const& any)
{
    address plain = unmapped(any);
    return {plain.to_string(), prefix_text(plain, 32, 64), prefix_text(plain, 24, 56)};
}

} // namespace pollux::http
