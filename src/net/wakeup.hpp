// A counter that threads may raise and coroutines may wait for. Nothing is queued: a waiter learns that the counter moved, then looks
// for itself what there is to do.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pollux::net {

namespace asio = boost::asio;

class Wakeup {
public:
    std::uint64_t count() const { return count_.load(std::memory_order_acquire); }

    // From any thread.
    void notify();

    // Returns at once when count() is no longer `seen`; otherwise at the next notify() or at `until`. Runs on the caller's executor.
    asio::awaitable<void> wait(std::uint64_t seen, Steady::time_point until);

private:
    struct Waiter;

    void forget_gone();

    std::atomic<std::uint64_t> count_ = 0;
    std::mutex mutex_;
    std::vector<std::weak_ptr<Waiter>> waiters_;
    std::size_t look_at_ = 16;
};

} // namespace pollux::net
