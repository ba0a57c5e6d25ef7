// One run of a task, as its function sees it. Nothing cancels a function: a COMMIT cannot be taken back. It asks is_to_end() between its
// steps, and gives deadline() to whatever it calls. What goes on regardless loses its lease, and what it writes to the task after that is
// refused; its hand stays taken until it returns.
#pragma once

#include "net/wakeup.hpp"
#include "tasks/task.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <atomic>

namespace pollux::tasks {

namespace asio = boost::asio;

constexpr std::chrono::seconds hold_max{10}; // Longer than any call that is made under it.

class TaskRun {
public:
    TaskRun(Task task, Steady::time_point deadline) : task_(std::move(task)), deadline_(deadline) {}

    Task const& task() const { return task_; }
    Steady::time_point deadline() const { return deadline_; }

    // Its time is over, its process stops, or its lease is lost: return hand_back().
    bool is_to_end() const { return is_told_to_end_ || Steady::now() >= deadline_; }

    // Returns at `until`, or as soon as it is to end.
    asio::awaitable<void> pause(Steady::time_point until)
    {
        auto const seen = told_.count();
        if (is_to_end()) co_return;
        co_await told_.wait(seen, std::min(until, deadline_));
    }

    // From here on it does what must not be done again, or be cut off: a stop waits for it, within hold_max, and never hands it back. First
    // hold, then ask is_to_end().
    void hold() { is_held_ = true; }
    bool is_held() const { return is_held_; }

    void tell_to_end() // From any thread.
    {
        is_told_to_end_ = true;
        told_.notify();
    }

private:
    Task const task_;
    Steady::time_point const deadline_;
    std::atomic<bool> is_told_to_end_ = false;
    std::atomic<bool> is_held_ = false;
    net::Wakeup told_;
};

} // namespace pollux::tasks
