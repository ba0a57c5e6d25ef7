// Opens connections. libpq can connect without blocking, except where it looks up names and speaks to some authentication services, so
// connecting has threads of its own, and what comes out is ready for pipelining. TLS is as libpq does it (sslmode, sslrootcert, ...
// in the URL).
#pragma once

#include "db/postgres/libpq.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <string>

namespace pollux::db::postgres {

// Blocks, at most 2 s an address (unless the URL has a connect_timeout), and as long as its names take to be looked up. Throws
// Unavailable, and UnusableDatabase for what no waiting mends.
Handle connect_blocking(std::string const& url);

class Connector {
public:
    explicit Connector(std::string url);

    // Never throws what is the server's fault: the handle is empty then, and `why` says why.
    struct Outcome {
        Handle handle;
        std::string why;
    };
    asio::awaitable<Outcome> connect();

private:
    std::string const url_;
    asio::thread_pool threads_;
};

} // namespace pollux::db::postgres
