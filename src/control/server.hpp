// The server's end of the control socket: commands of the same machine and the same user, which find the embedded database in use and have
// the server do their work, by the same services. The socket's mode is 0600, and the kernel is also asked which user calls.
#pragma once

#include "control/message.hpp"
#include "control/socket_place.hpp"
#include "net/runtime.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <map>
#include <unordered_set>

namespace pollux::control {

namespace asio = boost::asio;

// From the arguments to the result, both JSON.
using Command = std::function<asio::awaitable<Result<std::string>>(std::string arguments)>;
using Commands = std::map<std::string, Command, std::less<>>;

class Server {
public:
    // `database`: the file that this process keeps locked. Everything runs on `executor`.
    Server(asio::any_io_executor executor, std::filesystem::path folder, std::filesystem::path database, Commands commands);

    // A socket file that nobody listens at, as kill -9 leaves it, is replaced. When the socket cannot be had, that is a warning in the log:
    // commands then say that the database is in use.
    void bind();
    void unbind(); // Once no thread of the executor runs.
    void accept();
    // No new conversations; those that run are waited for, `limit` at most. False when some would not end.
    bool stop(std::chrono::milliseconds limit);

private:
    using Socket = asio::local::stream_protocol::socket;

    asio::awaitable<void> accept_calls();
    asio::awaitable<void> converse(std::shared_ptr<Socket> socket);
    asio::awaitable<std::string> answer(std::string request);

    asio::any_io_executor const executor_;
    SocketPlace const place_;
    std::string const database_;
    Commands const commands_;
    asio::local::stream_protocol::acceptor acceptor_;
    std::size_t conversations_ = 0;
    net::TaskGroup tasks_;
};

} // namespace pollux::control
