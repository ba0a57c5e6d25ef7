// The HTTP/1.1 server (RFC 9112): listener, limits, and the way of each request through the router.
//
// Limits: request line 8 KiB (414), headers 16 KiB or 100 (431) within 10 s (408), body 64 KiB or the route's own (413) within 30 s
// (408), idle 75 s, a stalled write 30 s. Framing that servers read differently is refused with 400 and the connection is closed.
#pragma once

#include "bus/rate_rules.hpp"
#include "http/peer.hpp"
#include "http/router.hpp"
#include "net/runtime.hpp"

#include <functional>
#include <memory>
#include <string>

namespace pollux::http {

// Judges an access token without I/O; errors are unauthenticated.
using Authenticator = std::function<Result<Identity>(std::string_view bearer_token)>;

struct CorsOptions {
    std::vector<std::string> origins; // "https://chat.example.com"
    bool allow_all = false;
    bool allow_credentials = false;
};

struct ServerOptions {
    std::string name = "api"; // In the metrics.
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0: any free one; see Server::port().
    std::vector<std::string> allowed_hosts;
    CorsOptions cors;
    TrustedProxies trusted_proxies;
    bool debug = false; // Turns on the guard that keeps debug local.
    Networks debug_networks;
    bool rate_limits = true;
    bus::RateRules rate_rules;
};

class Server {
public:
    // Everything passed by reference must outlive the server.
    Server(net::Runtime& runtime, Router const& router, bus::RateLimiter& limiter, Authenticator authenticator, ServerOptions options);
    ~Server();

    void listen(); // Throws boost::system::system_error when the address is taken. Requests are served from then on.
    std::uint16_t port() const;

    // Before stop_accepting(), while a load balancer finds out: requests are served as ever, but each answer closes its connection.
    void announce_stop();
    // No new connections; idle ones are closed, running requests finish and then close theirs.
    void stop_accepting();
    // Blocks until no connection is left or `limit` is over, then cuts the rest. False when some would not end even then.
    bool drain(std::chrono::milliseconds limit);

    struct Shared; // What listener and sessions share; http/ only.

private:
    std::unique_ptr<Shared> shared_;
};

} // namespace pollux::http
