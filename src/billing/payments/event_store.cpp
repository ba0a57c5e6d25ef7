#include "billing/payments/event_store.hpp"

#include "base/failpoint.hpp"
#include "billing/payments/account.hpp"
#include "billing/payments/customer_store.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "tasks/enqueue.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

constexpr db::Sql insert_sql = R"sql(
    insert into payment_events (event_id, mode, account, type, state, created_at, received_at) values ($1, $2, $3, $4, $5, $6, now_us())
    on conflict (event_id) do nothing
)sql";

constexpr db::Sql insert_body_sql = R"sql(
    insert into payment_event_bodies (user_id, event_id, body, received_at) values ($1, $2, $3, now_us())
)sql";

constexpr db::Sql forget_sql = R"sql(
    delete from payment_events where event_id in (select event_id from payment_events where received_at < now_us() - $1 limit 1000)
)sql";

constexpr db::Sql forget_bodies_scan_sql = R"sql(
    delete from payment_event_bodies where (user_id, event_id) in (
        select user_id, event_id from payment_event_bodies where received_at < now_us() - $1 limit 1000)
)sql";

asio::awaitable<void> enqueue_for(db::Transaction& transaction, UserId user, stripe::Event const& event, std::string scope)
{
    if (!event.customer.empty()) {
        co_await tasks::enqueue(transaction, {.kind = sync_customer_task, .user = user, .subject = event.customer, .payload = scope});
    }
    if (is_about_a_payment(event)) {
        co_await tasks::enqueue(transaction, {.kind = judge_payment_task, .subject = event.payment_intent, .payload = scope});
    }
}

asio::awaitable<EventStore::Stored> store_in(db::Transaction& transaction, stripe::Event event, std::string sealed,
                                             std::optional<PaymentScope> scope)
{
    std::optional<UserId> user;
    if (scope && !event.customer.empty()) user = co_await CustomerStore::user_of(transaction, event.customer, *scope);
    // A dispute names no customer: its task finds out whose payment it was.
    bool const is_ours = user || (scope && event.customer.empty() && is_about_a_payment(event));
    auto const in = scope.value_or(PaymentScope{});
    auto const stored =
        co_await transaction.run(insert_sql, event.id, in.mode, in.account, event.type, is_ours ? "received" : "ignored", event.created);
    bool const is_new = stored.changed() == 1;
    if (is_new && user) co_await transaction.run(insert_body_sql, *user, event.id, std::move(sealed));
    // Also for one that is known: an operator who has it sent again wants to see it done, and looking twice does no harm.
    if (is_ours) co_await enqueue_for(transaction, user.value_or(tasks::nobody), event, text_of(in));
    failpoint("payment_event_before_commit");
    co_return EventStore::Stored{is_new, is_ours};
}

} // namespace

bool is_about_a_payment(stripe::Event const& event)
{
    return !event.payment_intent.empty() && (event.type.starts_with("charge.") || event.type.starts_with("refund."));
}

asio::awaitable<EventStore::Stored> EventStore::store(stripe::Event event, std::string sealed, std::optional<PaymentScope> scope)
{
    return database_.transact([event = std::move(event), sealed = std::move(sealed), scope = std::move(scope)](
                                  db::Transaction& transaction) { return store_in(transaction, event, sealed, scope); });
}

asio::awaitable<std::int64_t> EventStore::forget_old()
{
    constexpr auto kept_us = std::chrono::microseconds(events_kept).count();
    auto const events = co_await database_.write(forget_sql, kept_us);
    auto const bodies = co_await database_.write(forget_bodies_scan_sql, kept_us);
    co_return std::max(events.changed(), bodies.changed());
}

} // namespace pollux::billing
