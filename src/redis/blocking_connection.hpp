// A connection of its own for commands that wait on Redis' side (BRPOP), one at a time. For one coroutine, on one executor.
#pragma once

#include "redis/link.hpp"
#include "redis/pipeline.hpp"

namespace pollux::redis {

class BlockingConnection {
public:
    BlockingConnection(asio::any_io_executor const& executor, Server& server, Watch& watch);

    // Connects when it must. Nothing: Redis is away, or did not answer within `limit`, which must be longer than the command lets
    // Redis wait; ask again after a pause.
    asio::awaitable<std::optional<Reply>> call(std::string command, std::chrono::milliseconds limit);

    // On its executor; a call that waits returns nothing, and so does every later one.
    void close();

private:
    Server& server_;
    Watch& watch_;
    asio::steady_timer timer_;
    std::shared_ptr<Link> link_;
    std::uint64_t refusals_seen_ = 0;
    bool is_closed_ = false;
};

} // namespace pollux::redis
