#include "billing/payments/payment_watch.hpp"

#include "billing/payments/payment_meter.hpp"

namespace pollux::billing {
namespace {

// Since the last event, or, where there was none for as long as they are kept, since then. Of nobody who pays: 0.
constexpr db::Sql silent_scan_sql = R"sql(
    select case when exists (select 1 from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account)
        then now_us() - coalesce((select max(received_at) from payment_events), now_us() - 2592000000000) else 0 end
)sql";

// As the last walk saw it (walk_store).
constexpr db::Sql disabled_sql = R"sql(
    select count(*) from payment_walks w join payments_in_force s on s.mode = w.mode and s.account = w.account
    where w.endpoint = 'disabled'
)sql";

} // namespace

PaymentWatch::PaymentWatch(db::Database& database)
    : database_(database), gauge_("pollux_payment_events_silent_seconds",
                                  "How long ago the payment provider posted its last event, while somebody pays; else 0.",
                                  [this] { return static_cast<double>(silent_us_.load()) / 1e6; }),
      endpoint_("pollux_payment_endpoint_disabled", "1 while the payment provider has the webhook endpoint switched off.",
                [this] { return static_cast<double>(disabled_.load()); })
{
    show_alerts();
}

asio::awaitable<void> PaymentWatch::look()
{
    auto const rows = co_await database_.read(silent_scan_sql);
    silent_us_ = rows.front().only().integer();
    auto const disabled = co_await database_.read(disabled_sql);
    disabled_ = disabled.front().only().integer();
}

} // namespace pollux::billing
