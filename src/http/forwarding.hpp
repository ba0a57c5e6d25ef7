// Who is behind the proxy that a request came by, and what operators are told of proxies. Included by http/*.cpp only.
#pragma once

#include "http/dispatch.hpp"

namespace pollux::http {

// The peer itself, unless TRUSTED_PROXIES lets it vouch for somebody.
Peer peer_behind(Server::Shared const& shared, HeaderFields const& fields, SocketPeer const& socket_peer);

} // namespace pollux::http
