// The threads of the process: one io_context a thread, each run by that thread alone, so that whatever lives on one context needs no
// lock. Not for work that blocks or computes for long: that has pools of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pollux::net {

namespace asio = boost::asio;

class Runtime {
public:
    explicit Runtime(std::size_t threads);
    ~Runtime(); // Stops and joins.

    void start();
    void stop(); // Ends all contexts at once and joins; whatever is still suspended is destroyed by ~Runtime.

    std::size_t size() const { return contexts_.size(); }
    asio::io_context& context(std::size_t index) { return *contexts_[index]; }
    asio::any_io_executor executor(std::size_t index) { return contexts_[index]->get_executor(); }
    asio::any_io_executor next_executor(); // Round robin.

private:
    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<std::thread> threads_;
    std::atomic<std::size_t> next_ = 0;
};

// Coroutines that somebody owns: spawn them here, and wait for the end of all of them. Thread-safe.
class TaskGroup {
public:
    // An exception that leaves a task is given to `on_failure` (on the task's thread); it does not end the others.
    explicit TaskGroup(std::function<void(std::exception_ptr)> on_failure);

    void spawn(asio::any_io_executor const& executor, asio::awaitable<void> task);

    std::size_t running() const;

    // Blocks the calling thread (never an I/O thread) until no task runs or `limit` is over; false in the latter case.
    bool wait(std::chrono::milliseconds limit);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace pollux::net
