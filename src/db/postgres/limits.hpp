// Every limit of the PostgreSQL driver. What a caller waits for is bounded twice: by PostgreSQL's own timeouts, which leave the
// connection in order, and by ours, for a server that does not answer at all.
#pragma once

#include "db/slow_read_limits.hpp"

#include <chrono>
#include <cstddef>

namespace pollux::db {

struct PostgresLimits {
    std::size_t write_connections = 16;
    std::size_t read_connections = 2;
    std::size_t waiting_max = 20'000; // Callers that wait for a connection that writes.

    std::chrono::milliseconds connection_wait_max{1'500};      // For a connection; afterwards Unavailable.
    std::chrono::milliseconds call_max{4'500};                 // A whole read or transaction, waiting included.
    std::chrono::milliseconds statement_max{4'000};            // PostgreSQL ends a statement.
    std::chrono::milliseconds lock_wait_max{1'800};            // PostgreSQL ends a statement that waits for somebody's lock.
    std::chrono::milliseconds idle_in_transaction_max{10'000}; // Should this process freeze while it holds locks.

    // A connection of its own is asked so often whether PostgreSQL answers at all. When no answer comes in time, on it and on all others,
    // every connection is ended and every caller told.
    std::chrono::milliseconds pulse_every{400};
    std::chrono::milliseconds pulse_answer_max{1'200};
    std::chrono::milliseconds reconnect_after{250};

    SlowReadLimits slow_reads = {};

    int tries_max = 6;                          // Of a unit that meets conflicts.
    std::chrono::milliseconds close_max{5'000}; // For what runs when the database is closed.
};

} // namespace pollux::db
