#include "http/forwarding.hpp"

#include "http/header_fields.hpp"
#include "ops/log.hpp"
#include "ops/once_a_minute.hpp"

namespace pollux::http {
namespace {

// All lines of the header as one list (RFC 9110, 5.3): a proxy may add a line of its own below the client's.
std::string forwarded_for(HeaderFields const& fields)
{
    std::string list;
    auto [line, end] = fields.fields.equal_range("X-Forwarded-For");
    for (; line != end; ++line) list.append(list.empty() ? "" : ",").append(line->value());
    return list;
}

// Once a minute, whatever comes: an operator should know that limits by address do not hold as they should.
void note_unreadable(Client const& client, SocketPeer const& proxy)
{
    static ops::OnceAMinute line;
    if (!line.is_due()) return;
    ops::log(ops::Level::warning, "forwarded_for_unreadable", {{"entry", client.name}, {"proxy", proxy.texts.address}});
}

// The same of a proxy that nobody named: all who come by it count as one address. Debug refuses such requests.
void note_untrusted(Server::Shared const& shared, SocketPeer const& peer)
{
    auto const& trusted = shared.options.trusted_proxies;
    if (shared.options.debug || trusted.hops > 0 || trusted.networks.contains(peer.address) || !is_near(peer.address)) return;
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(Steady::now().time_since_epoch());
    shared.untrusted_proxy_s = now.count();
    static ops::OnceAMinute line;
    if (line.is_due())
        ops::log(ops::Level::warning, "forwarded_for_untrusted", {{"from", peer.texts.address}, {"setting", "TRUSTED_PROXIES"}});
}

} // namespace

Peer peer_behind(Server::Shared const& shared, HeaderFields const& fields, SocketPeer const& socket_peer)
{
    auto const forwarded = forwarded_for(fields);
    if (forwarded.empty()) return socket_peer.texts;
    note_untrusted(shared, socket_peer);
    auto const client = client_behind(socket_peer.address, forwarded, shared.options.trusted_proxies);
    if (!client.name.empty()) note_unreadable(client, socket_peer);
    return peer_of(client);
}

} // namespace pollux::http
