// The server as this process knows it: opens connections with the session's settings, knows all that are open, ends those that are
// overdue, and learns from a pulse whether PostgreSQL answers at all. While it is known to be away, callers are refused at once.
// On the thread of one io_context.
#pragma once

#include "db/postgres/connection.hpp"
#include "db/postgres/connector.hpp"
#include "db/postgres/limits.hpp"
#include "db/postgres/listener.hpp"

#include <boost/asio/steady_timer.hpp>

#include <unordered_set>

namespace pollux::db::postgres {

using Connected = std::shared_ptr<Connection>;

enum class Use { reads, slow_reads, writes };

class Server {
public:
    Server(asio::io_context& context, std::string url, PostgresLimits const& limits);

    asio::io_context& context() { return context_; }
    PostgresLimits const& limits() const { return limits_; }

    void start();
    void close(); // Ends every connection; from here on none is opened.

    // A connection that is ready, or empty. `on_end` is called only for one that was given out.
    asio::awaitable<Connected> open(Use use, std::function<void()> on_end);

    // From the next beat of the pulse on, whose connection listens.
    void listen(std::string channel, Listener listener) { channels_.push_back({std::move(channel), std::move(listener)}); }

    // Why PostgreSQL cannot be reached; empty while it can, as far as is known.
    std::string const& away() const { return away_; }
    std::string const& last_refusal() const { return last_refusal_; }
    bool is_closing() const { return is_closing_; }

    // Throws Unavailable when it makes no sense to wait.
    void require_present() const;

    // Returns after `time`, or when the server is closed.
    asio::awaitable<void> pause(std::chrono::milliseconds time);

private:
    static asio::awaitable<void> prepare_session(Connected connection, Use use, PostgresLimits const& limits);
    asio::awaitable<void> feel_pulse();
    asio::awaitable<void> beat(Connected connection);
    asio::awaitable<std::size_t> listen_from(Connected connection, std::size_t first);
    void pass_on(std::string_view channel, std::string_view payload);
    asio::awaitable<void> watch_deadlines();
    void end_all(std::string const& why);
    void note_present();
    void note_away(std::string const& why);
    Steady::time_point last_heard() const;

    asio::io_context& context_;
    PostgresLimits const limits_;
    Connector connector_;
    struct Channel {
        std::string name;
        Listener listener;
    };
    std::deque<Channel> channels_; // Grows at its end only.
    std::unordered_set<Connection*> open_;
    std::unordered_set<asio::steady_timer*> pauses_;
    std::string away_;
    std::string last_refusal_;
    bool is_closing_ = false;
};

} // namespace pollux::db::postgres
