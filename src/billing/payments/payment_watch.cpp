#include "billing/payments/payment_watch.hpp"

#include "billing/payments/payment_meter.hpp"
#include "ops/log.hpp"

namespace pollux::billing {

PaymentWatch::PaymentWatch(db::Database& database, PaymentAccount const& account)
    : store_(database), identity_(database), account_(account),
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
    show_figures();
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
    auto const silent = co_await store_.silent();
    silent_us_ = silent.count();
    payers_ = co_await store_.payers();
    auto const endpoint = co_await store_.endpoint();
    disabled_ = endpoint == "disabled" ? 1 : 0;
    missing_ = endpoint == "missing" ? 1 : 0;
    co_await look_at_alerts();
    co_await look_at_force();
}

asio::awaitable<void> PaymentWatch::look_at_alerts()
{
    auto seen = co_await store_.alerts();
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
    auto const in_force = co_await identity_.in_force();
    bool const is_in_force = !ours || text_of(*ours) == text_of(in_force);
    looks_without_force_ = is_in_force ? 0 : looks_without_force_ + 1;
    // At the first look a start may still be putting its own in force.
    if (looks_without_force_ == 2)
        ops::log(ops::Level::error, "payments_not_in_force", {{"in_force", text_of(in_force)}, {"ours", text_of(*ours)}});
}

} // namespace pollux::billing
