#include "billing/payments/portal.hpp"

#include "base/secrets.hpp"
#include "billing/stripe/account_objects.hpp"

#include <algorithm>

namespace pollux::billing {

using stripe::Changed;

asio::awaitable<stripe::Change<std::string>> Portal::open(stripe::PortalWish wish, Steady::time_point deadline)
{
    wish.configuration = co_await configuration(deadline);
    auto opened = co_await stripe::open_portal(api_, wish, random_token(), deadline);
    bool const is_refused = opened.changed == Changed::no || opened.changed == Changed::missing;
    if (wish.configuration.empty() || !is_refused) co_return opened;
    forget(); // Somebody has switched it off since.
    wish.configuration.clear();
    co_return co_await stripe::open_portal(api_, std::move(wish), random_token(), deadline);
}

asio::awaitable<std::string> Portal::configuration(Steady::time_point deadline)
{
    {
        std::scoped_lock const lock(mutex_);
        if (known_ && Steady::now() < known_until_) co_return *known_;
    }
    auto const listed = co_await stripe::portal_configurations(api_, deadline);
    if (!listed.value) co_return std::string();
    auto const ours = std::ranges::find_if(*listed.value, [&](auto const& one) { return one.is_active && one.owner == owner_; });
    std::scoped_lock const lock(mutex_);
    known_ = ours == listed.value->end() ? std::string() : ours->id;
    known_until_ = Steady::now() + portal_configuration_kept;
    co_return *known_;
}

void Portal::forget()
{
    std::scoped_lock const lock(mutex_);
    known_.reset();
}

} // namespace pollux::billing
