// The connections that write: each serves one transaction at a time. They are opened when they are needed, up to a limit; whoever finds
// none free waits in line for a bounded time. On the thread of the server's io_context.
#pragma once

#include "db/postgres/server.hpp"
#include "ops/metrics.hpp"

#include <deque>
#include <vector>

namespace pollux::db::postgres {

class WritePool {
public:
    explicit WritePool(Server& server) : server_(server) {}

    // A connection for this caller alone. Throws Unavailable when none comes free in time.
    asio::awaitable<Connected> take();

    // A broken one may be given back as well.
    void give_back(Connected connection);

    std::size_t size() const { return size_; }
    std::size_t waiting() const { return waiting_.size(); }

private:
    struct Waiter {
        explicit Waiter(asio::io_context& context) : timer(context) {}
        asio::steady_timer timer;
        Connected connection;
        std::exception_ptr failure;
        bool is_called = false;
    };

    asio::awaitable<Connected> wait_in_line();
    asio::awaitable<void> grow();
    void on_end();
    void call_first(Connected connection, std::exception_ptr failure);

    Server& server_;
    ops::Timing const waits_{"pollux_db_wait_seconds", "For how long a write waited for a connection to PostgreSQL."};
    std::vector<Connected> idle_;
    std::deque<Waiter*> waiting_;
    std::size_t size_ = 0;    // Open, or being opened.
    std::size_t growing_ = 0; // Being opened.
};

} // namespace pollux::db::postgres
