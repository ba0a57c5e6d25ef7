#include "control/server.hpp"

#include "base/reason.hpp"
#include "ops/log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <sys/stat.h>

namespace pollux::control {
namespace {

using asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

void log_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& what) {
        ops::log(ops::Level::warning, "control_failed", {{"reason", reason_of(what)}});
    }
}

// Root may do anything anyway.
bool is_allowed(int socket)
{
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
    return peer.uid == ::geteuid() || peer.uid == 0;
}

bool is_answered(asio::any_io_executor const& executor, std::string const& address)
{
    stream_protocol::socket socket(executor);
    ErrorCode failed;
    socket.connect(stream_protocol::endpoint(address), failed);
    return !failed;
}

} // namespace

Server::Server(asio::any_io_executor executor, std::filesystem::path folder, std::filesystem::path database, Commands commands)
    : executor_(std::move(executor)), place_(folder), database_(std::filesystem::weakly_canonical(database).string()),
      commands_(std::move(commands)), acceptor_(executor_), tasks_(log_failure)
{}

void Server::bind()
try {
    if (!place_.exists()) throw std::runtime_error("DATA_DIR is no folder that can be opened");
    auto const address = place_.address();
    if (is_answered(executor_, address)) throw std::runtime_error("another server has the control socket of this DATA_DIR");
    place_.remove();
    acceptor_.open();
    acceptor_.bind(stream_protocol::endpoint(address));
    // Nobody gets in before listen().
    if (::chmod(address.c_str(), 0600) != 0) throw std::system_error(errno, std::generic_category(), "chmod");
    acceptor_.listen();
} catch (std::exception const& failure) {
    ErrorCode ignored;
    acceptor_.close(ignored);
    ops::log(ops::Level::warning, "control_off", {{"setting", "DATA_DIR"}, {"reason", reason_of(failure)}});
}

void Server::unbind()
{
    if (!acceptor_.is_open()) return;
    ErrorCode ignored;
    acceptor_.close(ignored);
    place_.remove();
}

void Server::accept()
{
    if (acceptor_.is_open()) tasks_.spawn(executor_, accept_calls());
}

bool Server::stop(std::chrono::milliseconds limit)
{
    asio::post(executor_, [this] { unbind(); });
    return tasks_.wait(limit);
}

asio::awaitable<void> Server::accept_calls()
{
    for (;;) {
        ErrorCode failed;
        auto socket = std::make_shared<Socket>(executor_);
        co_await acceptor_.async_accept(*socket, asio::redirect_error(asio::use_awaitable, failed));
        if (!acceptor_.is_open()) co_return;
        if (failed) { // Out of descriptors, most likely.
            asio::steady_timer pause(executor_, std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
            continue;
        }
        if (conversations_ < conversations_max && is_allowed(socket->native_handle())) tasks_.spawn(executor_, converse(std::move(socket)));
    }
}

asio::awaitable<void> Server::converse(std::shared_ptr<Socket> socket)
{
    ++conversations_;
    asio::steady_timer end(executor_, conversation_max);
    end.async_wait([socket](ErrorCode cancelled) {
        ErrorCode ignored;
        if (!cancelled) socket->close(ignored);
    });
    try {
        std::array<unsigned char, length_bytes> head{};
        co_await asio::async_read(*socket, asio::buffer(head), asio::use_awaitable);
        auto const length = read_length(head);
        if (length <= message_bytes_max) {
            std::string request(length, '\0');
            co_await asio::async_read(*socket, asio::buffer(request), asio::use_awaitable);
            auto const said = co_await answer(std::move(request));
            auto const said_length = length_of(said);
            co_await asio::async_write(*socket, asio::buffer(said_length), asio::use_awaitable);
            co_await asio::async_write(*socket, asio::buffer(said), asio::use_awaitable);
        }
    } catch (boost::system::system_error const&) {
        // The caller is gone, or was too slow.
    }
    --conversations_;
}

asio::awaitable<std::string> Server::answer(std::string text)
{
    auto const request = read_request(text);
    if (!request) co_return write_answer(request.error());
    if (request->database != database_) {
        co_return write_answer(conflict("other_database", "The server at this DATA_DIR has another database open: " + database_ + "."));
    }
    auto const command = commands_.find(request->command);
    if (command == commands_.end()) {
        co_return write_answer(not_found("command"));
    }
    ops::log(ops::Level::info, "control_command", {{"command", command->first}});
    std::string failed;
    try {
        co_return write_answer(co_await command->second(request->arguments));
    } catch (std::exception const& failure) {
        failed = reason_of(failure);
    }
    ops::log(ops::Level::error, "control_command_failed", {{"command", command->first}, {"reason", failed}});
    co_return write_answer(unavailable("unavailable", "The server could not do it; its log says why.", std::chrono::seconds(1)));
}

} // namespace pollux::control
