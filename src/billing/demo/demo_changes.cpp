#include "billing/demo/demo_changes.hpp"

#include "base/failpoint.hpp"
#include "base/secrets.hpp"
#include "billing/demo/demo_events.hpp"

namespace pollux::billing::demo {
namespace {

constexpr std::size_t id_bytes = 16;

DemoSubscription subscription_of(DemoSession const& session, Payment payment, Time now)
{
    DemoSubscription made{.id = new_id("sub_demo_"),
                          .customer = session.customer,
                          .session = session.id,
                          .price = session.price,
                          .owner = session.owner,
                          .created = now,
                          .paid_at = now,
                          .trial_end = {},
                          .anchor = now,
                          .cancel_at = {},
                          .ended_at = {}};
    if (session.trial_days) {
        made.trial_end = made.anchor = now + std::chrono::days(*session.trial_days);
    } else if (payment == Payment::late) {
        made.paid_at = now + late_money_after; // In a trial nothing is due yet.
    }
    return made;
}

} // namespace

std::string new_id(std::string_view prefix)
{
    return std::string(prefix) + to_hex(random_bytes(id_bytes));
}

asio::awaitable<DemoSession> open_session(db::Transaction& transaction, DemoSession wished)
{
    auto const now = co_await DemoStore::now(transaction);
    wished.id = new_id("cs_demo_");
    wished.status = "open";
    wished.created = now;
    wished.expires = now + session_open_for;
    co_await DemoStore::add_session(transaction, wished);
    co_return wished;
}

asio::awaitable<std::optional<DemoSession>> pay(db::Transaction& transaction, std::string id, Payment payment)
{
    auto session = co_await DemoStore::lock_session(transaction, std::move(id));
    if (!session) co_return std::nullopt;
    auto const now = co_await DemoStore::now(transaction);
    if (status_at(*session, now) != "open") co_return session;
    auto const subscription = subscription_of(*session, payment, now);
    session->status = "complete";
    session->subscription = subscription.id;
    session->paid_at = subscription.paid_at;
    co_await DemoStore::add_subscription(transaction, subscription);
    co_await DemoStore::end_session(transaction, *session);
    co_await tell(transaction, "checkout.session.completed", session->id);
    co_await tell(transaction, "customer.subscription.created", subscription.id);
    if (subscription.paid_at <= now) co_await tell(transaction, "invoice.paid", subscription.id);
    co_await await_next_change(transaction, subscription, now);
    failpoint("demo_before_commit");
    co_return session;
}

asio::awaitable<std::optional<DemoSession>> expire(db::Transaction& transaction, std::string id)
{
    auto session = co_await DemoStore::lock_session(transaction, std::move(id));
    if (!session) co_return std::nullopt;
    auto const now = co_await DemoStore::now(transaction);
    if (status_at(*session, now) != "open") co_return session;
    session->status = "expired";
    co_await DemoStore::end_session(transaction, *session);
    co_await tell(transaction, "checkout.session.expired", session->id);
    co_return session;
}

asio::awaitable<void> put_changed(db::Transaction& transaction, DemoSubscription subscription, Time now)
{
    co_await DemoStore::change_subscription(transaction, subscription);
    bool const is_over = state_at(subscription, now).is_over();
    co_await tell(transaction, is_over ? "customer.subscription.deleted" : "customer.subscription.updated", subscription.id);
    co_await await_next_change(transaction, std::move(subscription), now);
}

} // namespace pollux::billing::demo
