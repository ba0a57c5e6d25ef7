#include "accounts/text_watch.hpp"

#include "ops/log.hpp"

namespace pollux::accounts {
namespace {

double figure(std::atomic<std::int64_t> const& value)
{
    return static_cast<double>(value.load());
}

} // namespace

TextWatch::TextWatch(db::Database& database, Clock const& clock, std::int64_t hour_max)
    : log_(database), clock_(clock), hour_max_(hour_max),
      max_gauge_("pollux_sms_hour_max", "SMS_PER_HOUR_MAX.", [this] { return static_cast<double>(hour_max_); }),
      handed_over_gauge_("pollux_sms_hour_handed_over", "Texts with codes that were handed to the vendor in the last hour.",
                         [this] { return figure(handed_over_); }),
      failed_gauge_("pollux_sms_hour_failed", "Of those, refused or reported as not arrived.", [this] { return figure(failed_); }),
      unknown_gauge_("pollux_sms_hour_unknown", "Texts of the last hour of which nobody knows whether they went out.",
                     [this] { return figure(unknown_); }),
      dropped_gauge_("pollux_sms_hour_dropped", "Codes of the last hour that went to nobody, since a budget was spent.",
                     [this] { return figure(dropped_); })
{}

asio::awaitable<void> TextWatch::look()
{
    auto const since = clock_.now() - std::chrono::hours(1);
    auto const delivery = co_await log_.delivery_since(since);
    auto outcomes = co_await log_.outcomes_since(since);
    handed_over_ = delivery.handed_over;
    failed_ = delivery.failed;
    unknown_ = outcomes[std::string(sms::word_of(sms::Outcome::unknown))];
    dropped_ = outcomes[std::string(sms::word_of(sms::Outcome::dropped))];
    bool const is_half = 2 * delivery.handed_over > hour_max_;
    if (is_half && !is_half_told_)
        ops::log(ops::Level::warning, "sms_half_spent", {{"sent", delivery.handed_over}, {"setting", "SMS_PER_HOUR_MAX"}});
    is_half_told_ = is_half;
}

} // namespace pollux::accounts
