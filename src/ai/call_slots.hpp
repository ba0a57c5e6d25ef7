// A bound on how many calls run at once. Any thread may take and give back; a caller that finds no slot waits on its own executor, and
// slots are handed on in the order of asking. A slot that was lent to what may wait is asked for again by who finds none.
#pragma once

#include "base/clock.hpp"
#include "net/wakeup.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

namespace pollux::ai {

namespace asio = boost::asio;

class CallSlots {
    struct Loan {
        net::Wakeup recalled;
    };

public:
    // One slot, given back by the destructor. Empty when none was had.
    class Slot {
    public:
        Slot() = default;
        explicit Slot(std::shared_ptr<CallSlots> owner, std::shared_ptr<Loan> loan = nullptr)
            : owner_(std::move(owner)), loan_(std::move(loan))
        {}
        Slot(Slot&&) = default;
        Slot& operator=(Slot&&) = delete;
        ~Slot()
        {
            if (owner_) owner_->give_back(loan_);
        }

        explicit operator bool() const { return owner_ != nullptr; }

        // Of one that take_spare() gave: somebody waits for it. It is to be given back.
        bool is_recalled() const { return loan_ && loan_->recalled.count() > 0; }
        // Until then, or until `until`.
        asio::awaitable<void> recalled(Steady::time_point until) const { return loan_->recalled.wait(0, until); }

    private:
        std::shared_ptr<CallSlots> owner_;
        std::shared_ptr<Loan> loan_;
    };

    explicit CallSlots(std::size_t count) : free_(count), spare_min_(count / 4), lent_max_(std::max<std::size_t>(1, count / 4)) {}

    // At once when one is free. Empty when `until` came first.
    static asio::awaitable<Slot> take(std::shared_ptr<CallSlots> slots, Steady::time_point until);

    // For what may wait: one of those that are to spare while more than a quarter of them are free, at most a quarter of them (or one) at
    // once, or none. It is lent: see recalled().
    static Slot take_spare(std::shared_ptr<CallSlots> slots);

private:
    struct Waiter;
    class Queued;

    bool try_take();
    void give_back(std::shared_ptr<Loan> const& loan);
    std::shared_ptr<Loan> loan_to_recall();

    std::mutex mutex_;
    std::size_t free_;
    std::size_t const spare_min_;
    std::size_t const lent_max_;
    std::vector<std::shared_ptr<Loan>> loans_;
    std::list<std::shared_ptr<Waiter>> waiters_; // Only while free_ is 0.
};

} // namespace pollux::ai
