// The connections of transactions, and others of slow reads: each serves one caller at a time. They are opened when they are needed, up to
// a limit; a caller that finds none free waits in line for a bounded time. On the thread of the server's io_context.
#pragma once

#include "db/postgres/server.hpp"
#include "ops/metrics.hpp"

#include <deque>
#include <vector>

namespace pollux::db::postgres {

struct PoolOptions {
    Use use = Use::writes;
    std::size_t connections = 1;
    std::size_t waiting_max = 0; // Callers, apart from those whose connection is being opened.
    std::chrono::milliseconds wait_max{0};
    char const* refusal = ""; // When too many wait.
    ops::Timing waits;
};

PoolOptions writes_pool(PostgresLimits const& limits);
PoolOptions slow_reads_pool(PostgresLimits const& limits);

class WritePool {
public:
    WritePool(Server& server, PoolOptions options) : server_(server), options_(options) {}

    // A connection for this caller alone. Throws Unavailable when none comes free in time.
    asio::awaitable<Connected> take();

    // A broken one may be given back as well.
    void give_back(Connected connection);

    void close(); // All that wait are refused. After the server is closed.

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
    PoolOptions const options_;
    std::vector<Connected> idle_;
    std::deque<Waiter*> waiting_;
    std::size_t size_ = 0;    // Open, or being opened.
    std::size_t growing_ = 0; // Being opened.
};

} // namespace pollux::db::postgres
