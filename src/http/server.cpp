#include "http/server.hpp"

#include "base/reason.hpp"
#include "http/error_response.hpp"
#include "http/server_shared.hpp"
#include "http/session.hpp"
#include "ops/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::http {
namespace {

using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

void log_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& error) {
        ops::log(ops::Level::error, "connection_failed", {{"reason", reason_of(error)}});
    }
}

asio::awaitable<void> serve_connection(Server::Shared& shared, ServerThread& thread, tcp::socket socket, ConnectionCounts::Place place)
{
    Session session(shared, thread, std::move(socket), std::move(place));
    co_await session.run();
}

// One that waits is given up for one that comes: on this thread if there is one, since each has its share of all connections.
bool give_up_one(Server::Shared& shared, ServerThread& thread)
{
    if (thread.waiting.give_up_one()) return true;
    auto const fullest = std::ranges::max_element(shared.threads, {}, [](auto const& other) { return other->waiting.size(); });
    auto& other = **fullest;
    if (other.waiting.size() == 0) return false;
    asio::post(other.context, [&other] { other.waiting.give_up_one(); });
    return true;
}

// In one call that never waits: a client that does not take it has had its chance.
void refuse_connection(Server::Shared& shared, tcp::socket socket)
{
    static std::string const answer = [] {
        auto const body = problem(503, "too_many_connections", "Too many connections are open; try again in a moment.", "-").body;
        return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\nConnection: close\r\n"
               "Content-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }();
    shared.connections.note_refused();
    ErrorCode ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
}

void take_connection(Server::Shared& shared, ServerThread& thread, tcp::socket socket)
{
    ErrorCode gone;
    auto const peer = socket.remote_endpoint(gone);
    if (gone) return;
    auto [verdict, place] = shared.connections.take(peer.address());
    if (verdict == ConnectionCounts::Verdict::over && !give_up_one(shared, thread)) verdict = ConnectionCounts::Verdict::refused;
    if (verdict == ConnectionCounts::Verdict::refused) return refuse_connection(shared, std::move(socket));
    shared.tasks.spawn(thread.context.get_executor(), serve_connection(shared, thread, std::move(socket), std::move(*place)));
}

// Every thread accepts from a socket of its own on the same port (SO_REUSEPORT), so that the kernel spreads the connections.
asio::awaitable<void> accept_connections(Server::Shared& shared, ServerThread& thread)
{
    while (!shared.is_stopping) {
        ErrorCode error;
        tcp::socket socket = co_await thread.acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            take_connection(shared, thread, std::move(socket));
        } else if (error == asio::error::operation_aborted || shared.is_stopping) {
            co_return;
        } else {
            // Out of descriptors, most likely, which the caps leave to others of this machine: a pause instead of a spin; connections wait
            // in the kernel's queue meanwhile.
            shared.connections.note_no_descriptor(error.message());
            give_up_one(shared, thread);
            asio::steady_timer pause(thread.context, std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        }
    }
}

void open_acceptor(tcp::acceptor& acceptor, tcp::endpoint const& endpoint)
{
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    acceptor.set_option(reuse_port(true));
    acceptor.bind(endpoint);
    acceptor.listen(4096);
}

std::string why_not(ServerOptions const& options, ErrorCode const& failure)
{
    bool const is_v6 = options.address.find(':') != std::string::npos;
    std::string const where = (is_v6 ? "[" + options.address + "]" : options.address) + ":" + std::to_string(options.port);
    if (failure == asio::error::address_in_use) return where + " is taken: another program listens there";
    if (failure == asio::error::access_denied) return where + " is not allowed: ports below 1024 need a right that this user lacks";
    if (failure == boost::system::errc::address_not_available) return where + " is no address of this machine";
    return where + " cannot be listened on: " + failure.message();
}

template <class Action>
void on_all_threads(Server::Shared& shared, Action action)
{
    for (auto& thread : shared.threads) {
        asio::post(thread->context, [&thread = *thread, action] { action(thread); });
    }
}

} // namespace

Server::Shared::Shared(Router const& routes, limits::RateLimiter& rate_limiter, Authenticator judge, ServerOptions given)
    : router(routes), limiter(rate_limiter), authenticator(std::move(judge)), options(std::move(given)), tasks(log_failure),
      meter(router, pages_route, options.name), connections(options.limits, options.trusted_proxies, options.name), bodies(options.limits),
      answers(options.limits)
{}

Server::Server(net::Runtime& runtime, Router const& router, limits::RateLimiter& limiter, Authenticator authenticator,
               ServerOptions options)
    : shared_(std::make_unique<Shared>(router, limiter, std::move(authenticator), std::move(options)))
{
    for (std::size_t index = 0; index < runtime.size(); ++index) {
        shared_->threads.push_back(std::make_unique<ServerThread>(runtime.context(index)));
    }
}

Server::~Server() = default;

void Server::bind()
try {
    tcp::endpoint endpoint(asio::ip::make_address(shared_->options.address), shared_->options.port);
    {
        // SO_REUSEPORT would let a second server of the same user share the port unseen: without it the first bind tells.
        tcp::acceptor probe(shared_->threads.front()->context);
        probe.open(endpoint.protocol());
        probe.set_option(tcp::acceptor::reuse_address(true));
        probe.bind(endpoint);
    }
    for (auto& thread : shared_->threads) {
        open_acceptor(thread->acceptor, endpoint);
        endpoint = thread->acceptor.local_endpoint();
    }
    shared_->port = endpoint.port();
} catch (boost::system::system_error const& failure) {
    unbind();
    throw CannotListen(why_not(shared_->options, failure.code()));
}

void Server::unbind()
{
    ErrorCode ignored;
    for (auto& thread : shared_->threads) thread->acceptor.close(ignored);
}

void Server::accept()
{
    for (auto& thread : shared_->threads) {
        shared_->tasks.spawn(thread->context.get_executor(), accept_connections(*shared_, *thread));
    }
}

bool Server::sees_untrusted_proxy() const
{
    constexpr std::chrono::minutes remembered{10};
    std::chrono::seconds const seen(shared_->untrusted_proxy_s.load());
    return seen.count() != Shared::never && Steady::now().time_since_epoch() - seen < remembered;
}

std::uint16_t Server::port() const
{
    return shared_->port;
}

void Server::announce_stop()
{
    shared_->is_leaving = true;
}

void Server::stop_accepting()
{
    announce_stop();
    shared_->is_stopping = true;
    on_all_threads(*shared_, [](ServerThread& thread) {
        ErrorCode ignored;
        thread.acceptor.close(ignored);
        for (auto* session : thread.sessions) session->close_if_idle();
    });
}

bool Server::drain(std::chrono::milliseconds limit)
{
    if (shared_->tasks.wait(limit)) return true;
    on_all_threads(*shared_, [](ServerThread& thread) {
        for (auto* session : thread.sessions) session->cut();
    });
    return shared_->tasks.wait(std::chrono::seconds(2));
}

} // namespace pollux::http
