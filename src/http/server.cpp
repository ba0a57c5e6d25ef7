#include "http/server.hpp"

#include "http/server_shared.hpp"
#include "http/session.hpp"
#include "ops/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pollux::http {
namespace {

using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

void log_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& error) {
        ops::log(ops::Level::error, "connection_failed", {{"reason", error.what()}});
    }
}

asio::awaitable<void> serve_connection(Server::Shared& shared, ServerThread& thread, tcp::socket socket)
{
    Session session(shared, thread, std::move(socket));
    co_await session.run();
}

// Every thread accepts from a socket of its own on the same port (SO_REUSEPORT), so that the kernel spreads the connections.
asio::awaitable<void> accept_connections(Server::Shared& shared, ServerThread& thread)
{
    while (!shared.is_stopping) {
        ErrorCode error;
        tcp::socket socket = co_await thread.acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            shared.tasks.spawn(thread.context.get_executor(), serve_connection(shared, thread, std::move(socket)));
        } else if (error == asio::error::operation_aborted || shared.is_stopping) {
            co_return;
        } else {
            // Out of descriptors, most likely: a pause instead of a spin; connections wait in the kernel's queue meanwhile.
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

template <class Action>
void on_all_threads(Server::Shared& shared, Action action)
{
    for (auto& thread : shared.threads) {
        asio::post(thread->context, [&thread = *thread, action] { action(thread); });
    }
}

} // namespace

Server::Shared::Shared(Router const& routes, bus::RateLimiter& rate_limiter, Authenticator judge, ServerOptions given)
    : router(routes), limiter(rate_limiter), authenticator(std::move(judge)), options(std::move(given)), tasks(log_failure),
      meter(router, options.name)
{}

Server::Server(net::Runtime& runtime, Router const& router, bus::RateLimiter& limiter, Authenticator authenticator, ServerOptions options)
    : shared_(std::make_unique<Shared>(router, limiter, std::move(authenticator), std::move(options)))
{
    for (std::size_t index = 0; index < runtime.size(); ++index) {
        shared_->threads.push_back(std::make_unique<ServerThread>(runtime.context(index)));
    }
}

Server::~Server() = default;

void Server::listen()
{
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
        shared_->tasks.spawn(thread->context.get_executor(), accept_connections(*shared_, *thread));
    }
    shared_->port = endpoint.port();
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
