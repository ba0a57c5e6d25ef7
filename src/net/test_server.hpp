// For tests: a server on loopback that reads a request, writes what it was given, piece by piece, and closes or keeps the connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <vector>

namespace pollux::net {

namespace asio = boost::asio;

class TestServer {
public:
    enum class After { close, keep_open };
    struct Script {
        std::vector<std::string> pieces;
        After after = After::close;
        std::vector<std::string> later{}; // For all requests but the first; empty: the same.
    };

    TestServer(asio::io_context& io, Script script)
        : acceptor_(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)), script_(std::move(script))
    {
        asio::co_spawn(io, accept(), asio::detached);
    }

    std::string url(std::string const& path = "/") const
    {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
    }
    std::string const& request() const { return request_; } // The last one, with its body.
    bool peer_closed() const { return peer_closed_; }
    int connections() const { return connections_; }
    void stop() { acceptor_.close(); }

private:
    asio::awaitable<void> accept()
    {
        for (;;) {
            boost::system::error_code failed;
            auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
            if (failed) co_return;
            ++connections_;
            asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
        }
    }

    asio::awaitable<void> serve(asio::ip::tcp::socket socket)
    {
        boost::system::error_code failed;
        for (;;) {
            std::string request;
            co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n",
                                            asio::redirect_error(asio::use_awaitable, failed));
            if (failed) break;
            auto const missing = bytes_missing(request);
            if (missing > 0)
                co_await asio::async_read(socket, asio::dynamic_buffer(request), asio::transfer_exactly(missing), asio::use_awaitable);
            request_ = std::move(request);
            bool const is_first = ++requests_ == 1 || script_.later.empty();
            for (auto const& piece : is_first ? script_.pieces : script_.later) {
                co_await asio::async_write(socket, asio::buffer(piece), asio::redirect_error(asio::use_awaitable, failed));
            }
            if (script_.after == After::close) co_return;
        }
        peer_closed_ = true;
    }

    static std::size_t bytes_missing(std::string const& request)
    {
        auto const end = request.find("\r\n\r\n") + 4;
        auto const field = request.find("Content-Length: ");
        auto const length = field < end ? std::stoul(request.substr(field + 16)) : 0;
        return end + length - request.size();
    }

    asio::ip::tcp::acceptor acceptor_;
    Script script_;
    std::string request_;
    bool peer_closed_ = false;
    int connections_ = 0;
    int requests_ = 0;
};

} // namespace pollux::net
