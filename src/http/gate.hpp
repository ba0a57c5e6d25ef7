// What is decided about a request before its route's handler: its Host, its Origin, and whether debug may answer it at all.
#pragma once

#include "http/header_fields.hpp"
#include "http/request.hpp"
#include "http/server.hpp"

#include <optional>

namespace pollux::http {

// The Host header without its port, lower case; empty for what is no host.
std::string host_name(std::string_view host);

bool is_allowed_host(std::string_view host, std::vector<std::string> const& allowed);

// Whether some proxy or platform says for whom it asks.
bool has_forwarding_header(HeaderFields const& fields);

// In debug only local requests are served, because codes stand in answers: others get 403 debug_is_local. `socket_peer` is the
// address of the socket itself.
std::optional<Error> refuse_remote_debug(Request const& request, asio::ip::address const& socket_peer, bool is_http_1_0,
                                         Networks const& debug_networks);

bool is_same_origin(Request const& request);

// The same origin, a page on a loopback name (one under development, on another port), or an origin that is listed by name: `*` lists
// none.
bool is_known_origin(Request const& request, CorsOptions const& options);

// Whether a page asks, and one that may act by a cookie: this server's own, by the Host or by a name that it is known under, or one that is
// listed by name and may send cookies. Who sends no Origin is no page.
bool is_own_page(Request const& request, ServerOptions const& options);

using Headers = std::vector<std::pair<std::string, std::string>>;

// localhost, *.localhost, 127.0.0.0/8 and [::1].
bool is_loopback_name(std::string_view host);

// The CORS headers (Fetch standard) for an answer to this Origin; empty when it is not allowed or absent.
Headers cors_headers(Request const& request, CorsOptions const& options);
Headers preflight_headers(Request const& request, CorsOptions const& options, std::string_view allow);

} // namespace pollux::http
