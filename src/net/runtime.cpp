#include "net/runtime.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <condition_variable>
#include <mutex>

namespace pollux::net {

Runtime::Runtime(std::size_t threads)
{
    for (std::size_t index = 0; index < threads; ++index) contexts_.push_back(std::make_unique<asio::io_context>(1));
}

Runtime::~Runtime()
{
    stop();
}

void Runtime::start()
try {
    for (auto& context : contexts_) {
        threads_.emplace_back([&io = *context] {
            auto guard = asio::make_work_guard(io);
            io.run();
        });
    }
} catch (...) {
    stop(); // All threads or none.
    throw;
}

void Runtime::stop()
{
    for (auto& context : contexts_) context->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

asio::any_io_executor Runtime::next_executor()
{
    return executor(next_.fetch_add(1, std::memory_order_relaxed) % contexts_.size());
}

struct TaskGroup::State {
    std::function<void(std::exception_ptr)> on_failure;
    mutable std::mutex mutex;
    std::condition_variable ended;
    std::size_t running = 0;
};

TaskGroup::TaskGroup(std::function<void(std::exception_ptr)> on_failure) : state_(std::make_shared<State>())
{
    state_->on_failure = std::move(on_failure);
}

void TaskGroup::spawn(asio::any_io_executor const& executor, asio::awaitable<void> task)
{
    {
        std::lock_guard const lock(state_->mutex);
        ++state_->running;
    }
    asio::co_spawn(executor, std::move(task), [state = state_](std::exception_ptr failure) {
        if (failure) state->on_failure(failure);
        std::lock_guard const lock(state->mutex);
        --state->running;
        state->ended.notify_all();
    });
}

std::size_t TaskGroup::running() const
{
    std::lock_guard const lock(state_->mutex);
    return state_->running;
}

bool TaskGroup::wait(std::chrono::milliseconds limit)
{
    std::unique_lock lock(state_->mutex);
    return state_->ended.wait_for(lock, limit, [this] { return state_->running == 0; });
}

} // namespace pollux::net
