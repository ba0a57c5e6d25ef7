#include "accounts/text_watch.hpp"

#include "ops/log.hpp"

#include <array>

namespace pollux::accounts {
namespace {

// Those of the code sender.
constexpr std::array<std::string_view, 7> budgets{"address", "network", "block", "new_hour", "hour", "block_unused", "country_unused"};

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
      failed_gauge_("pollux_sms_hour_failed",
                    "Of those, refused, reported as not arrived, or not taken: they wait, or have waited until it was too late.",
                    [this] { return figure(failed_); }),
      spent_gauge_("pollux_sms_hour_spent", "What the last hour has taken of SMS_PER_HOUR_MAX, also for numbers that nobody has.",
                   [this] { return figure(spent_); }),
      unknown_gauge_("pollux_sms_hour_unknown", "Texts of the last hour of which nobody knows whether they went out.",
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
    auto const since = clock_.now() - std::chrono::hours(1);
    auto const delivery = co_await log_.delivery_since(since);
    auto outcomes = co_await log_.outcomes_since(since);
    auto reasons = co_await log_.dropped_since(since);
    meant_ = delivery.meant;
    failed_ = delivery.failed;
    spent_ = delivery.spent;
    unknown_ = outcomes[std::string(sms::word_of(sms::Outcome::unknown))];
    for (auto& [budget, number] : dropped_) number = reasons[std::string(budget)];
    bool const is_half = 2 * delivery.spent > hour_max_;
    if (is_half && !is_half_told_)
        ops::log(ops::Level::warning, "sms_half_spent", {{"spent", delivery.spent}, {"setting", "SMS_PER_HOUR_MAX"}});
    is_half_told_ = is_half;
}

} // namespace pollux::accounts
