// Units of work on connections of the write pool. BEGIN travels with the unit's first statement, what is run later with the next one,
// COMMIT with the last one if the unit says which that is; ROLLBACK is not waited for. A unit that meets a conflict is rolled back and run
// again from its start, a bounded number of times. On the thread of the server's io_context.
#pragma once

#include "db/postgres/write_pool.hpp"

namespace pollux::db::postgres {

enum class Isolation {
    read_committed, // Each statement sees what is committed when it begins, and waits for the rows that others are changing.
    snapshot,       // Only reads, all of one moment.
};

class Transactions {
public:
    // `call_max`: for a whole unit, waiting included.
    Transactions(Server& server, WritePool& pool, std::chrono::milliseconds call_max) : server_(server), pool_(pool), call_max_(call_max) {}

    asio::awaitable<void> run(detail::AnyUnit& unit, Isolation isolation);

    // One statement, which is its own transaction.
    asio::awaitable<Rows> write(std::string_view sql, Params params);

private:
    enum class Ending { done, conflict };
    asio::awaitable<Ending> try_once(detail::AnyUnit& unit, Isolation isolation, Steady::time_point deadline);
    asio::awaitable<void> before_next_try(int tries, Steady::time_point deadline);

    Server& server_;
    WritePool& pool_;
    std::chrono::milliseconds const call_max_;
};

} // namespace pollux::db::postgres
