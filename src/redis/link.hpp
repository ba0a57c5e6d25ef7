// One connection to Redis, from its opening to its end: it does not come back by itself. Of one io_context's thread. What is written
// during one turn of its loop goes out in one piece.
//
// A link is open once Redis has carried out what Pollux lives on: a script that writes, and a PUBLISH. A Redis that answers and refuses
// (a replica, full, still loading, without its replicas, the account may not) is no better than one that is gone.
#pragma once

#include "base/clock.hpp"
#include "redis/protocol.hpp"
#include "redis/url.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace pollux::redis {

namespace asio = boost::asio;

// Where Redis is, and how to trust it; shared by all links of a process.
class Server {
public:
    explicit Server(Url url);

    Url const& url() const { return url_; }
    // The system's certificates (SSL_CERT_FILE holds), read when the first link wants them. Only for rediss://.
    asio::ssl::context& tls();

private:
    Url url_;
    std::once_flag prepared_;
    std::optional<asio::ssl::context> tls_;
};

// Whether Redis refused for the state it is in, not for what it was asked: READONLY, OOM, LOADING, NOREPLICAS, MISCONF, MASTERDOWN,
// CLUSTERDOWN, BUSY, NOAUTH and whatever word comes next. The same connection would be refused again.
bool is_refusal(Reply const& reply);

// Writes a key that nobody reads, by a script: refused as soon as Redis would refuse anything of ours.
std::string probe_command();

class Link : public std::enable_shared_from_this<Link> {
public:
    Link(asio::any_io_executor executor, Server& server);

    // Connects, logs in, chooses the database. False: see failure().
    asio::awaitable<bool> open(std::chrono::milliseconds limit);

    // The next reply. Nothing: the link has ended, see failure(). One caller at a time.
    asio::awaitable<std::optional<Reply>> read();

    // What waits to be written is bounded by the caller.
    void write(std::string_view commands);
    std::size_t unwritten_bytes() const { return out_.size() + going_out_.size(); }

    // The first reason holds.
    void close(std::string reason);
    bool is_open() const { return is_open_; }
    std::string const& failure() const { return failure_; } // For operators; without secrets.

    std::string const& version() const { return version_; } // "7.0.15", once open.

private:
    asio::awaitable<bool> connect();
    asio::awaitable<bool> greet();
    bool take_greeting(std::string_view step, Reply const& reply);
    asio::awaitable<std::size_t> read_some();
    void flush();
    void written(boost::system::error_code failed);

    Server& server_;
    asio::ip::tcp::resolver resolver_;
    asio::ip::tcp::socket socket_;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
    asio::steady_timer timer_;
    ReplyReader reader_;
    std::vector<char> in_;
    std::string out_;       // For the next turn.
    std::string going_out_; // Being written.
    bool is_flush_due_ = false;
    bool is_open_ = false;
    bool is_closed_ = false;
    std::string failure_;
    std::string version_;
};

} // namespace pollux::redis
