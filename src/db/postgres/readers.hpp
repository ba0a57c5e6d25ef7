// The connections that read: few, shared by all reads, each with many questions under way. They are kept open, and a broken one leaves
// the choice at once. On the thread of the server's io_context.
#pragma once

#include "db/postgres/server.hpp"
#include "net/wakeup.hpp"

#include <vector>

namespace pollux::db::postgres {

class Readers {
public:
    explicit Readers(Server& server);

    void start();

    // The one with the least to do. Throws Unavailable when there is none in time.
    asio::awaitable<Connected> choose();

    void close() { changed_.notify(); } // After the server is closed: nobody needs to wait longer.

private:
    asio::awaitable<void> keep_open(std::size_t slot);
    Connected least_busy() const;

    Server& server_;
    std::vector<Connected> slots_; // Empty where there is none.
    net::Wakeup changed_;
};

} // namespace pollux::db::postgres
