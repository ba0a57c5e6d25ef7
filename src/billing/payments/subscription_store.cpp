#include "billing/payments/subscription_store.hpp"

#include "billing/stripe/checkout_decision.hpp"
#include "db/columns.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

#define POLLUX_SUBSCRIPTION_COLUMNS                                                                                                        \
    "subscription_id, status, price, plan, period_end, cancels_at, grace_until, unpaid_since, alert, created_at"
namespace column {
enum : std::size_t { id, status, price, plan, period_end, cancels_at, grace_until, unpaid_since, alert, created_at, count };
}
static_assert(db::columns_in(POLLUX_SUBSCRIPTION_COLUMNS) == column::count);

constexpr db::Sql of_user_sql =
    "select " POLLUX_SUBSCRIPTION_COLUMNS " from subscriptions where user_id = $1 and mode = $2 and account = $3 "
    "order by created_at desc, subscription_id desc";

} // namespace

asio::awaitable<std::vector<SubscriptionRow>> SubscriptionStore::of_user(UserId user, PaymentScope scope)
{
    auto const found = co_await database_.read(of_user_sql, user, scope.mode, scope.account);
    std::vector<SubscriptionRow> rows;
    for (std::size_t index = 0; index < found.size(); ++index) {
        auto const row = found[index];
        rows.push_back({row.text(column::id), row.text(column::status), row.text(column::price), row.text(column::plan),
                        row.optional_time(column::period_end), row.optional_time(column::cancels_at),
                        row.optional_time(column::grace_until), row.optional_time(column::unpaid_since), row.text(column::alert),
                        row.optional_time(column::created_at)});
    }
    co_return rows;
}

SubscriptionRow const* shown_one(std::vector<SubscriptionRow> const& rows)
{
    auto const points = [](SubscriptionRow const& row) {
        bool const is_live = stripe::is_live_word(row.status);
        return (is_live ? 2 : 0) + (is_live && !row.plan.empty() ? 1 : 0);
    };
    auto const best = std::ranges::max_element(rows, {}, points); // The first, so the newest, of the best.
    return best == rows.end() ? nullptr : &*best;
}

} // namespace pollux::billing
