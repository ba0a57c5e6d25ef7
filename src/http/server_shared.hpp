// What the listener and all sessions of a server share. Included by http/*.cpp only.
#pragma once

#include "http/budgets.hpp"
#include "http/connections.hpp"
#include "http/request_meter.hpp"
#include "http/server.hpp"
#include "net/deadlines.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

namespace pollux::http {

class Session;

// One of each an I/O thread; only that thread touches it.
struct ServerThread {
    explicit ServerThread(asio::io_context& io) : context(io), deadlines(io), acceptor(io) {}

    asio::io_context& context;
    net::DeadlineList deadlines;
    asio::ip::tcp::acceptor acceptor;
    std::unordered_set<Session*> sessions;
    WaitingConnections waiting;
};

struct Server::Shared {
    Shared(Router const& routes, limits::RateLimiter& rate_limiter, Authenticator judge, ServerOptions given);

    Router const& router;
    limits::RateLimiter& limiter;
    Authenticator authenticator;
    ServerOptions options;
    Route const pages_route{
        .method = "GET", .path = "(pages)", .options = {}, .handler = {}, .shape = {}}; // All of them, in log and metrics.
    net::TaskGroup tasks;
    std::vector<std::unique_ptr<ServerThread>> threads;
    RequestMeter meter;
    ConnectionCounts connections;
    BodyBudget bodies;
    AnswerBudget answers;
    std::atomic<bool> is_leaving = false; // Answers close their connections.
    std::atomic<bool> is_stopping = false;
    std::uint16_t port = 0;
    mutable std::atomic<std::int64_t> untrusted_proxy_s = never; // When one was seen last, by the steady clock.

    static constexpr std::int64_t never = -1;
};

} // namespace pollux::http
