// A bound on how many calls run at once. Any thread may take and give back; a caller that finds no slot waits on its own executor, and
// slots are handed on in the order of asking.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>

namespace pollux::ai {

namespace asio = boost::asio;

class CallSlots {
public:
    // One slot, given back by the destructor. Empty when none was had.
    class Slot {
    public:
        Slot() = default;
        explicit Slot(std::shared_ptr<CallSlots> owner) : owner_(std::move(owner)) {}
        Slot(Slot&&) = default;
        Slot& operator=(Slot&&) = delete;
        ~Slot()
        {
            if (owner_) owner_->give_back();
        }

        explicit operator bool() const { return owner_ != nullptr; }

    private:
        std::shared_ptr<CallSlots> owner_;
    };

    explicit CallSlots(std::size_t count) : free_(count), spare_min_(count / 4) {}

    // At once when one is free. Empty when `until` came first.
    static asio::awaitable<Slot> take(std::shared_ptr<CallSlots> slots, Steady::time_point until);

    // For what may wait: one of those that are to spare while more than a quarter of them are free, or none.
    static Slot take_spare(std::shared_ptr<CallSlots> slots);

private:
    struct Waiter;
    class Queued;

    bool try_take(std::size_t to_leave = 0);
    void give_back();

    std::mutex mutex_;
    std::size_t free_;
    std::size_t const spare_min_;
    std::list<std::shared_ptr<Waiter>> waiters_; // Only while free_ is 0.
};

} // namespace pollux::ai
