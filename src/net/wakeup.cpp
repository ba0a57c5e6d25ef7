#include "net/wakeup.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::net {

struct Wakeup::Waiter {
    explicit Waiter(asio::any_io_executor const& executor) : timer(executor) {}
    asio::steady_timer timer;
};

void Wakeup::notify()
{
    std::vector<std::weak_ptr<Waiter>> waiters;
    {
        std::lock_guard const lock(mutex_);
        count_.fetch_add(1, std::memory_order_release);
        waiters.swap(waiters_);
    }
    for (auto& weak : waiters) {
        auto waiter = weak.lock();
        if (!waiter) continue;
        // Posted, never called: the waiter's thread has reached async_wait by the time this runs. The Waiter must also die
        // there, so the handler holds it.
        auto executor = waiter->timer.get_executor();
        asio::post(executor, [waiter = std::move(waiter)] { waiter->timer.cancel(); });
    }
}

// Those whose time ran out are left behind in the list. Looking only when it has doubled keeps a wait cheap among thousands.
void Wakeup::forget_gone()
{
    if (waiters_.size() < look_at_) return;
    std::erase_if(waiters_, [](auto const& weak) { return weak.expired(); });
    look_at_ = std::max<std::size_t>(16, waiters_.size() * 2);
}

asio::awaitable<void> Wakeup::wait(std::uint64_t seen, Steady::time_point until)
{
    auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
    {
        std::lock_guard const lock(mutex_);
        if (count() != seen) co_return;
        forget_gone();
        waiters_.push_back(waiter);
    }
    waiter->timer.expires_at(until);
    boost::system::error_code cancelled;
    co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

} // namespace pollux::net
