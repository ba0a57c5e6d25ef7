#include "ai/call_slots.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace pollux::ai {

struct CallSlots::Waiter {
    explicit Waiter(asio::any_io_executor const& executor) : timer(executor) {}

    asio::steady_timer timer;
    bool has_slot = false; // Under CallSlots::mutex_, like the place in the queue.
};

// A place in the queue. However its owner ends, no slot is lost.
class CallSlots::Queued {
public:
    Queued(std::shared_ptr<CallSlots> slots, std::shared_ptr<Waiter> waiter) : slots_(std::move(slots)), waiter_(std::move(waiter))
    {
        std::shared_ptr<Loan> loan;
        {
            std::lock_guard const lock(slots_->mutex_);
            if (slots_->free_ > 0) { // Given back since the first look.
                --slots_->free_;
                waiter_->has_slot = true;
            } else {
                slots_->waiters_.push_back(waiter_);
                loan = slots_->loan_to_recall();
            }
        }
        if (loan) loan->recalled.notify();
    }
    Queued(Queued const&) = delete;
    ~Queued()
    {
        if (claim()) slots_->give_back(nullptr);
    }

    bool has_slot() const
    {
        std::lock_guard const lock(slots_->mutex_);
        return waiter_->has_slot;
    }

    // Takes the slot out of here, or leaves the queue without one.
    bool claim()
    {
        std::lock_guard const lock(slots_->mutex_);
        if (std::exchange(waiter_->has_slot, false)) return true;
        std::erase(slots_->waiters_, waiter_);
        return false;
    }

private:
    std::shared_ptr<CallSlots> slots_;
    std::shared_ptr<Waiter> waiter_;
};

bool CallSlots::try_take()
{
    std::lock_guard const lock(mutex_);
    if (free_ == 0) return false;
    --free_;
    return true;
}

// The newest one, which has the least to lose. Under mutex_.
std::shared_ptr<CallSlots::Loan> CallSlots::loan_to_recall()
{
    auto const newest = std::find_if(loans_.rbegin(), loans_.rend(), [](auto const& loan) { return loan->recalled.count() == 0; });
    return newest == loans_.rend() ? nullptr : *newest;
}

void CallSlots::give_back(std::shared_ptr<Loan> const& loan)
{
    std::shared_ptr<Waiter> next;
    {
        std::lock_guard const lock(mutex_);
        if (loan) std::erase(loans_, loan);
        if (waiters_.empty()) {
            ++free_;
            return;
        }
        next = std::move(waiters_.front());
        waiters_.pop_front();
        next->has_slot = true;
    }
    // Posted: the waiter's thread has reached async_wait by the time this runs there.
    auto executor = next->timer.get_executor();
    asio::post(executor, [next = std::move(next)] { next->timer.cancel(); });
}

CallSlots::Slot CallSlots::take_spare(std::shared_ptr<CallSlots> slots)
{
    auto loan = std::make_shared<Loan>();
    {
        std::lock_guard const lock(slots->mutex_);
        if (slots->free_ <= slots->spare_min_ || slots->loans_.size() >= slots->lent_max_) return {};
        --slots->free_;
        slots->loans_.push_back(loan);
    }
    return Slot(std::move(slots), std::move(loan));
}

asio::awaitable<CallSlots::Slot> CallSlots::take(std::shared_ptr<CallSlots> slots, Steady::time_point until)
{
    if (slots->try_take()) co_return Slot(std::move(slots));

    auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
    Queued place(slots, waiter);
    if (!place.has_slot()) {
        waiter->timer.expires_at(until);
        boost::system::error_code cancelled;
        co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    if (place.claim()) co_return Slot(slots);
    co_return Slot();
}

} // namespace pollux::ai
