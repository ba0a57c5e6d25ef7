#include "accounts/text_watch.hpp"

#include "ops/log.hpp"

#include <array>

namespace pollux::accounts {
namespace {

// Those of the code sender.
constexpr std::array<std::string_view, 8> budgets{"address", "network",    "block",        "new_hour",
                                                  "hour",    "number_day", "block_unused", "country_unused"};

double figure(std::atomic<std::int64_t> const& value)
{
    return static_cast<double>(value.load());
}

} // namespace

TextWatch::TextWatch(db::Database& database, Clock const& clock, std::int64_t hour_max)
    : log_(database), clock_(clock), hour_max_(hour_max),
      max_gauge_("pollux_sms_hour_max", "SMS_PER_HOUR_MAX.", [this] { return static_cast<double>(hour_max_); }),
      meant_gauge_("pollux_sms_hour_meant", "Texts with codes of the last hour that the vendor was given, or was to be given.",
                   [this] { return figure(meant_); }),
      failed_gauge_("pollux_sms_hour_failed", "Of those, refused, reported as not arrived, not taken, or not answered.",
                    [this] { return figure(failed_); }),
      spent_gauge_("pollux_sms_hour_spent",
                   "What the last hour has taken of SMS_PER_HOUR_MAX, also for numbers that nobody has and by codes that were dropped.",
                   [this] { return figure(spent_); }),
      unknown_gauge_("pollux_sms_hour_unknown", "Texts of the last hour of which nobody knows whether they went out, no report either.",
                     [this] { return figure(unknown_); })
{
    for (auto const budget : budgets) {
        auto const& number = dropped_[budget];
        dropped_gauges_.push_back(std::make_unique<ops::Gauge>(
            "pollux_sms_hour_dropped", "Codes of the last hour that went to nobody, since a budget was spent.",
            [&number] { return figure(number); }, ops::Labels{{"reason", std::string(budget)}}));
    }
}

asio::awaitable<void> TextWatch::look()
{
    auto const now = clock_.now();
    auto const since = now - std::chrono::hours(1);
    auto const delivery = co_await log_.delivery_since(since, now - sms::in_flight_max);
    auto reasons = co_await log_.dropped_since(since);
    meant_ = delivery.meant;
    failed_ = delivery.failed;
    spent_ = delivery.spent;
    unknown_ = delivery.unknown;
    for (auto& [budget, number] : dropped_) number = reasons[std::string(budget)];
    tell(delivery.spent);
}

// Who was never verified has the open half alone, which is spent first: of it half is as much of an alarm.
void TextWatch::tell(std::int64_t spent)
{
    auto const level = 2 * spent >= hour_max_ ? Spent::half : 4 * spent >= hour_max_ ? Spent::half_of_open : Spent::little;
    if (level > told_) {
        auto const* const what = level == Spent::half ? "sms_half_spent" : "sms_half_of_open_spent";
        ops::log(ops::Level::warning, what, {{"spent", spent}, {"setting", "SMS_PER_HOUR_MAX"}});
    }
    told_ = level;
}

} // namespace pollux::accounts
