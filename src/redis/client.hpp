// Redis for the whole process: a pipelined connection for each I/O thread, so that nothing is locked and no thread waits for another.
// Every call ends within 200 ms, or 50 where somebody waits who can do without, with its answers or with nothing. While Redis is away it
// ends at once.
#pragma once

#include "net/runtime.hpp"
#include "net/wakeup.hpp"
#include "redis/pipeline.hpp"

namespace pollux::redis {

class Client {
public:
    Client(net::Runtime& runtime, Url url, Limits limits = {});
    ~Client(); // After the runtime's threads have stopped.

    void start();
    // Ends the connections; what waits ends with nothing. Blocks, never on an I/O thread, a second at most.
    void stop();

    // From any coroutine. Commands of one call are answered together; those of one thread are carried out in the order of the calls.
    asio::awaitable<Answers> call_all(std::string commands, std::size_t count, Patience patience = Patience::full);

    // One command. Nothing: as Answers; an error of Redis' is a reply of that kind.
    asio::awaitable<std::optional<Reply>> call(std::string command, Patience patience = Patience::full);

    // From any thread, never waits. `count` commands whose answers nobody wants to know. `on_lost` is called, on any thread, when there are
    // none, or Redis refused: it may not have done it.
    void send(std::string commands, std::size_t count = 1, std::function<void()> on_lost = {});

    // Whether the connection of the calling thread is up; of any other thread, that of the first.
    bool is_up() const { return here().is_up(); }

    // How often a connection ended: what was sent before may be lost.
    std::uint64_t losses() const { return watch_.losses(); }

    // For connections of another kind.
    Server& server() { return server_; }
    Watch& watch() { return watch_; }
    net::Runtime& runtime() { return runtime_; }

private:
    Pipeline& here() const;

    net::Runtime& runtime_;
    Server server_;
    Watch watch_;
    std::vector<std::unique_ptr<Pipeline>> pipelines_; // One a thread of the runtime.
    net::TaskGroup tasks_;
};

} // namespace pollux::redis
