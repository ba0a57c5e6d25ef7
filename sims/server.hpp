// What every simulator needs: an HTTP/1.1 server on one thread whose answers are written by hand, byte by byte where a fault asks for
// it, and which notices at once that a client has gone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::sims {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Request {
    std::string method;
    std::string path;                                         // Without the query.
    std::string query;                                        // "alt=sse", not decoded.
    std::vector<std::pair<std::string, std::string>> headers; // Names in small letters.
    std::string body;

    std::string_view header(std::string_view small_letters) const;
    std::string_view parameter(std::string_view name) const;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    explicit Connection(tcp::socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

    // Each is false when the client has gone.
    asio::awaitable<bool> write(std::string bytes);
    asio::awaitable<bool> sleep(std::chrono::microseconds time);

    asio::awaitable<void> hang(); // Until the client goes.
    void reset();                 // Ends the connection with RST.

    bool is_gone() const { return gone_; }

    void watch(); // For the length of an answer: notices the client's end.
    void unwatch();
    tcp::socket& socket() { return socket_; }

private:
    tcp::socket socket_;
    asio::steady_timer timer_;
    bool gone_ = false;
    bool watching_ = false;
};

// An answer with a length, all at once.
asio::awaitable<bool> answer(Connection& connection, int status, std::string content_type, std::string body, std::string more_headers = {});

std::string head(int status, std::string_view content_type, std::string_view more_headers); // With the blank line.

enum class After { keep, close };
using Handler = std::function<asio::awaitable<After>(Request, std::shared_ptr<Connection>)>;

// For co_spawn: an exception that leaves a coroutine is a fault of the simulator, which ends it loudly.
void must_not_fail(std::exception_ptr failure);

// Listens on "127.0.0.1:PORT", prints "listening on 127.0.0.1:PORT" and serves until SIGTERM or SIGINT.
int serve(std::string const& listen, Handler handler);

struct Site {
    std::string listen; // "127.0.0.1:PORT"; port 0 takes any free one.
    Handler handler;
};

// The same for several in one process; `ready` is told where they listen ("127.0.0.1:9100"), in their order, and prints what there is to
// say.
int serve_all(std::vector<Site> sites, std::function<void(std::vector<std::string> const&)> const& ready);

} // namespace pollux::sims
