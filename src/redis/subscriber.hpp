// A connection of its own on which Redis pushes what is published on channels. Comes back by itself and subscribes again; silence is
// told from absence by a PING every second.
#pragma once

#include "net/runtime.hpp"
#include "redis/pipeline.hpp"

#include <mutex>
#include <set>

namespace pollux::redis {

class Subscriber {
public:
    // On the connection's thread.
    struct Events {
        std::function<void(std::string_view channel, std::string_view payload)> published;
        std::function<void(std::string_view channel)> subscribed; // From now on nothing is missed; also after each return of Redis.
    };

    Subscriber(asio::any_io_executor executor, Server& server, Watch& watch, Events events);

    // Connects and connects again, until stop().
    asio::awaitable<void> run();
    asio::awaitable<void> stop(); // A task on its executor.

    // From any thread. Wanting a channel twice is wanting it once.
    void want(std::string channel);
    void drop(std::string channel);

    bool is_up() const { return is_up_; }
    asio::any_io_executor executor() { return timer_.get_executor(); }

private:
    asio::awaitable<void> serve();
    void take(Reply const& reply);
    void tell(std::string_view word, std::string const& channel);
    void subscribe_to_all();
    void expect_pong();

    Server& server_;
    Watch& watch_;
    Events const events_;
    asio::steady_timer timer_; // Of the pause between two connections.
    asio::steady_timer ping_timer_;
    std::shared_ptr<Link> link_;
    int pings_unanswered_ = 0;
    std::uint64_t refusals_seen_ = 0;
    bool is_stopping_ = false;
    std::atomic<bool> is_up_ = false;

    std::mutex mutex_;
    std::set<std::string> wanted_;
};

} // namespace pollux::redis
