// The HTTP/1.1 server (RFC 9112): listener, limits, and the way of each request through the router.
//
// Limits: request line 8 KiB (414), headers 16 KiB or 100 (431) within 10 s (408), body 64 KiB or the route's own (413) within 30 s
// (408), idle 75 s, a stalled write 30 s; for all together see ServerLimits. Token and rate limits are judged by the head: a body that
// will not be used is not read, and its connection is closed. Framing that servers read differently is refused with 400 and the connection
// is closed.
#pragma once

#include "base/literals.hpp"
#include "http/peer.hpp"
#include "http/router.hpp"
#include "limits/rate_rules.hpp"
#include "net/runtime.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace pollux::http {

// Judges an access token without I/O; errors are unauthenticated.
using Authenticator = std::function<Result<Identity>(std::string_view bearer_token)>;

struct CorsOptions {
    std::vector<std::string> origins; // "https://chat.example.com"
    bool allow_all = false;
    bool allow_credentials = false;
};

// What all connections of a server may hold together.
struct ServerLimits {
    std::size_t connections_max = 10'000;
    std::size_t connections_per_address_max = 5'000; // Of an address, or its /64; loopback and trusted proxies apart.
    std::size_t open_body_bytes_max = 8_MiB;         // Of bodies on their way, by BodyPool.
    std::size_t raw_body_bytes_max = 16_MiB;
    std::size_t user_body_bytes_max = 64_MiB;
    std::size_t waiting_answer_bytes_max = 256_MiB; // Of answers whose readers do not take them.
    std::size_t waiting_answer_bytes_per_user_max = 8_MiB;
};

struct ServerOptions {
    std::string name = "api"; // In the metrics.
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0: any free one; see Server::port().
    std::vector<std::string> allowed_hosts;
    bool health_asks_for_hosts = false; // allowed_hosts hold for routes that ignore them, too.
    CorsOptions cors;
    std::string own_origin; // "https://chat.example.com": under which browsers know this server, whatever Host arrives here; may be empty.
    TrustedProxies trusted_proxies;
    bool debug = false; // Turns on the guard that keeps debug local.
    Networks debug_networks;
    bool rate_limits = true;
    limits::RateRules rate_rules;
    ServerLimits limits;
    // Answers what no route does, by path and method ("HEAD" as such); nullopt: there is nothing. May be empty.
    std::function<std::optional<Response>(Request const& request, std::string_view method)> pages;
    // What a user's plan allows over all of their routes but streams; empty, or nullopt: no such limit.
    std::function<asio::awaitable<std::optional<std::int64_t>>(UserId user)> requests_per_minute;
    // Whom a token was issued to, by its signature alone, expired or ended as it may be: for RouteOptions::counts_who_is_shown. May be
    // empty.
    std::function<std::optional<Identity>(std::string_view bearer_token)> issued_to;
};

// The address cannot be used, in words for the operator: "127.0.0.1:8000 is taken: another program listens there".
class CannotListen : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Server {
public:
    // Everything passed by reference must outlive the server.
    Server(net::Runtime& runtime, Router const& router, limits::RateLimiter& limiter, Authenticator authenticator, ServerOptions options);
    ~Server();

    // Takes the address; nobody is answered yet. Throws CannotListen. Before the runtime's threads run.
    void bind();
    void unbind(); // Once no thread of the runtime runs.
    void accept(); // Requests are served from then on.
    void listen()
    {
        bind();
        accept();
    }
    std::uint16_t port() const;

    // Whether, in the last ten minutes, somebody near (in a private network, or on this machine) sent X-Forwarded-For and is not trusted:
    // most likely a proxy that TRUSTED_PROXIES should name.
    bool sees_untrusted_proxy() const;

    // Before stop_accepting(), while a load balancer finds out: requests are served as usual, but each answer closes its connection.
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
