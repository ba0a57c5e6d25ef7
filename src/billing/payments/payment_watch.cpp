#include "billing/payments/payment_watch.hpp"

#include "billing/payments/payment_meter.hpp"
#include "ops/log.hpp"

namespace pollux::billing {
namespace {

// Since the last event, or, where there was none for as long as they are kept, since then. Of nobody who pays: 0.
constexpr db::Sql silent_scan_sql = R"sql(
    select case when exists (select 1 from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account)
        then now_us() - coalesce((select max(received_at) from payment_events), now_us() - 2592000000000) else 0 end
)sql";

// 1,000 are as good as more: for those who judge how often an event should come.
constexpr db::Sql payers_scan_sql = R"sql(
    select count(*) from (
        select 1 from entitlements e join payments_in_force s on s.mode = e.mode and s.account = e.account limit 1000) p
)sql";

// As the last walk saw it (walk_store).
constexpr db::Sql endpoint_sql = R"sql(
    select w.endpoint from payment_walks w join payments_in_force s on s.mode = w.mode and s.account = w.account
)sql";

constexpr db::Sql alerts_scan_sql = R"sql(
    select s.alert, count(*) from subscriptions s join payments_in_force f on f.mode = s.mode and f.account = s.account
    where s.alert <> '' group by s.alert
)sql";
namespace alert_column {
enum : std::size_t { word, count };
}

constexpr db::Sql in_force_sql = "select mode, account from payments_in_force where only_one = 1";
namespace in_force_column {
enum : std::size_t { mode, account };
}

} // namespace

PaymentWatch::PaymentWatch(db::Database& database, PaymentAccount const& account)
    : database_(database), account_(account),
      silent_gauge_("pollux_payment_events_silent_seconds",
                    "How long ago the payment provider posted its last event, while somebody pays; else 0.",
                    [this] { return static_cast<double>(silent_us_.load()) / 1e6; }),
      payers_gauge_("pollux_payment_payers", "How many have what was paid for; 1000 stands for more, too.",
                    [this] { return static_cast<double>(payers_.load()); }),
      disabled_gauge_("pollux_payment_endpoint_disabled", "1 while the payment provider has the webhook endpoint switched off.",
                      [this] { return static_cast<double>(disabled_.load()); }),
      missing_gauge_("pollux_payment_endpoint_missing", "1 while the payment provider has no webhook endpoint of this server's.",
                     [this] { return static_cast<double>(missing_.load()); }),
      force_gauge_("pollux_payments_not_in_force",
                   "1 while the payments that count are of another account or mode than this process's key.",
                   [this] { return looks_without_force_ > 0 ? 1.0 : 0.0; })
{
    show_alerts();
    using enum PaymentAlert;
    for (auto const what : {unknown_price, unknown_status, no_period, two_subscriptions}) {
        std::string word(word_of(what));
        alert_gauges_.push_back(std::make_unique<ops::Gauge>(
            "pollux_payments_to_look_at", "Subscriptions that an operator must see to, as they were fetched last.",
            [this, word] { return static_cast<double>(alerts_of(word)); }, ops::Labels{{"what", word}}));
    }
}

asio::awaitable<void> PaymentWatch::look()
{
    auto const silent = co_await database_.read(silent_scan_sql);
    silent_us_ = silent.front().only().integer();
    auto const payers = co_await database_.read(payers_scan_sql);
    payers_ = payers.front().only().integer();
    auto const endpoint = co_await database_.read(endpoint_sql);
    auto const state = endpoint.empty() ? std::string() : endpoint.front().only().text();
    disabled_ = state == "disabled" ? 1 : 0;
    missing_ = state == "missing" ? 1 : 0;
    co_await look_at_alerts();
    co_await look_at_force();
}

asio::awaitable<void> PaymentWatch::look_at_alerts()
{
    auto const rows = co_await database_.read(alerts_scan_sql);
    std::map<std::string, std::int64_t> seen;
    for (std::size_t index = 0; index < rows.size(); ++index)
        seen[rows[index].text(alert_column::word)] = rows[index].integer(alert_column::count);
    std::scoped_lock const lock(mutex_);
    alerts_.swap(seen);
}

std::int64_t PaymentWatch::alerts_of(std::string const& word) const
{
    std::scoped_lock const lock(mutex_);
    auto const found = alerts_.find(word);
    return found == alerts_.end() ? 0 : found->second;
}

asio::awaitable<void> PaymentWatch::look_at_force()
{
    auto const ours = account_.known();
    auto const rows = co_await database_.read(in_force_sql);
    PaymentScope in_force;
    if (!rows.empty()) in_force = {rows.front().text(in_force_column::mode), rows.front().text(in_force_column::account)};
    bool const is_in_force = !ours || text_of(*ours) == text_of(in_force);
    looks_without_force_ = is_in_force ? 0 : looks_without_force_ + 1;
    // At the first look a start may still be putting its own in force.
    if (looks_without_force_ == 2)
        ops::log(ops::Level::error, "payments_not_in_force", {{"in_force", text_of(in_force)}, {"ours", text_of(*ours)}});
}

} // namespace pollux::billing
