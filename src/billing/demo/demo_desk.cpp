#include "billing/demo/demo_desk.hpp"

#include "billing/demo/demo_events.hpp"

#include <algorithm>

namespace pollux::billing::demo {
namespace {

constexpr std::int64_t subscriptions_looked_at = 100;

using CheckoutView = DemoDesk::CheckoutView;
using PortalView = DemoDesk::PortalView;

asio::awaitable<std::optional<CheckoutView>> view_checkout(db::Transaction& transaction, std::string id)
{
    auto session = co_await DemoStore::session(transaction, std::move(id));
    if (!session) co_return std::nullopt;
    auto const now = co_await DemoStore::now(transaction);
    co_return CheckoutView{std::move(*session), now};
}

asio::awaitable<std::optional<CheckoutView>> pay_in(db::Transaction& transaction, std::string id, Payment payment)
{
    auto session = co_await demo::pay(transaction, std::move(id), payment);
    if (!session) co_return std::nullopt;
    auto const now = co_await DemoStore::now(transaction);
    co_return CheckoutView{std::move(*session), now};
}

asio::awaitable<std::optional<PortalView>> view_portal(db::Transaction& transaction, std::string id)
{
    auto portal = co_await DemoStore::portal(transaction, std::move(id));
    if (!portal) co_return std::nullopt;
    PortalView view{std::move(*portal), std::nullopt, co_await DemoStore::now(transaction)};
    auto const all = co_await DemoStore::subscriptions(transaction, view.portal.customer, {}, subscriptions_looked_at);
    auto const lives = [&](auto const& one) { return !state_at(one, view.now).is_over(); };
    auto const found = std::ranges::find_if(all, lives);
    if (found != all.end()) view.subscription = *found;
    if (!view.subscription && !all.empty()) view.subscription = all.front();
    co_return view;
}

bool apply(DemoSubscription& subscription, DemoDesk::Wish wish, std::string const& price, Time now)
{
    switch (wish) {
    case DemoDesk::Wish::cancel:
        if (subscription.cancel_at) return false;
        cancel_with_period(subscription, CancelBy::time, now);
        return true;
    case DemoDesk::Wish::keep:
        if (!subscription.cancel_at) return false;
        keep(subscription);
        return true;
    case DemoDesk::Wish::change_price: return subscription.price != price && find_price(price) && change_price(subscription, price, now);
    }
    return false;
}

asio::awaitable<std::optional<PortalView>> change_in(db::Transaction& transaction, std::string id, DemoDesk::Wish wish, std::string price)
{
    auto view = co_await view_portal(transaction, std::move(id));
    if (!view || !view->subscription) co_return view;
    view->subscription = co_await DemoStore::lock_subscription(transaction, view->subscription->id);
    view->now = co_await DemoStore::now(transaction);
    if (!view->subscription || state_at(*view->subscription, view->now).is_over()) co_return view;
    if (apply(*view->subscription, wish, price, view->now)) co_await put_changed(transaction, *view->subscription, view->now);
    co_return view;
}

} // namespace

asio::awaitable<std::optional<CheckoutView>> DemoDesk::checkout(std::string id)
{
    co_return co_await database_.snapshot([id](db::Transaction& transaction) { return view_checkout(transaction, id); });
}

asio::awaitable<std::optional<CheckoutView>> DemoDesk::pay(std::string id, Payment payment)
{
    auto view = co_await database_.transact([id, payment](db::Transaction& transaction) { return pay_in(transaction, id, payment); });
    bell_.ring(event_task);
    co_return view;
}

asio::awaitable<std::optional<PortalView>> DemoDesk::portal(std::string id)
{
    co_return co_await database_.snapshot([id](db::Transaction& transaction) { return view_portal(transaction, id); });
}

asio::awaitable<std::optional<PortalView>> DemoDesk::change(std::string id, Wish wish, std::string price)
{
    auto view =
        co_await database_.transact([id, wish, price](db::Transaction& transaction) { return change_in(transaction, id, wish, price); });
    bell_.ring(event_task);
    co_return view;
}

} // namespace pollux::billing::demo
