// Who is at the other end: the address of the socket or, behind proxies that were configured, the one they vouch for.
#pragma once

#include "http/request.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pollux::http {

namespace asio = boost::asio;

// "10.0.0.0/8", "::1", "192.0.2.7"; IPv4-mapped IPv6 addresses count as IPv4, zones of IPv6 addresses for nothing.
class Networks {
public:
    Networks() = default;
    explicit Networks(std::vector<std::string> const& texts); // Throws std::invalid_argument for what is no network.

    bool contains(asio::ip::address const& address) const;
    bool empty() const { return ranges_.empty(); }

private:
    struct Range {
        asio::ip::address base;
        unsigned bits = 0;
    };
    std::vector<Range> ranges_;
};

struct TrustedProxies {
    Networks networks;
    std::size_t hops = 0; // Instead of addresses: so many proxies stand in front.
};

// Whom the proxies vouch for.
struct Client {
    asio::ip::address address; // Of the one furthest away that is known by address.
    std::string name;          // What the last trusted proxy wrote for its client, where that is no address; else empty.
};

// X-Forwarded-For is read from its end: every entry that a trusted proxy wrote is skipped. Entries are addresses in whatever form
// proxies write them: with a port, in brackets, in quotes, behind "for=".
Client client_behind(asio::ip::address const& socket_peer, std::string_view forwarded_for, TrustedProxies const& trusted);

// Of this machine or of a private network (RFC 1918, 4193, 6598): where proxies stand, and strangers do not.
bool is_near(asio::ip::address const& address);

Peer peer_of(asio::ip::address const& address);
// A client without an address is told from others by its name: it is never taken for the proxy, whose limits are everybody's.
Peer peer_of(Client const& client);

} // namespace pollux::http
