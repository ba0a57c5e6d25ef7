#include "billing/stripe/paced_api.hpp"

#include "net/wakeup.hpp"

#include <algorithm>

namespace pollux::billing::stripe {

asio::awaitable<Answer> PacedApi::call(Call call) const
{
    auto const at = turn();
    if (call.deadline != Steady::time_point{} && at >= call.deadline) {
        Answer late;
        late.detail = "There was no time left for the call";
        co_return late;
    }
    net::Wakeup pause;
    if (at > Steady::now()) co_await pause.wait(pause.count(), at);
    ++count_;
    call.times_max = 1;
    co_return co_await api_.call(std::move(call));
}

Steady::time_point PacedApi::turn() const
{
    std::scoped_lock const lock(mutex_);
    auto const at = std::max(next_, Steady::now());
    next_ = at + gap_;
    return at;
}

} // namespace pollux::billing::stripe
