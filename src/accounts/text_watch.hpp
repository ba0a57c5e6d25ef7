// How many texts with codes went out in the last hour, and how many of them are known not to have arrived, for the operator. All processes
// on one database see the same.
#pragma once

#include "accounts/sms/sms_log_store.hpp"
#include "ops/metrics.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

namespace pollux::accounts {

namespace asio = boost::asio;

class TextWatch {
public:
    // `hour_max`: SMS_PER_HOUR_MAX. What it is given must outlive it.
    TextWatch(db::Database& database, Clock const& clock, std::int64_t hour_max);

    // Two reads; called every minute. The log has a line when half of the open half of the hour's codes is spent, and one when half of all
    // is.
    asio::awaitable<void> look();

private:
    enum class Spent { little, half_of_open, half };
    void tell(std::int64_t spent);

    sms::LogStore log_;
    Clock const& clock_;
    std::int64_t const hour_max_;
    std::atomic<std::int64_t> meant_ = 0;
    std::atomic<std::int64_t> failed_ = 0;
    std::atomic<std::int64_t> spent_ = 0;
    std::atomic<std::int64_t> unknown_ = 0;
    std::map<std::string_view, std::atomic<std::int64_t>> dropped_; // By the budget; complete before the first gauge.
    Spent told_ = Spent::little;                                    // Of look() alone.
    ops::Gauge max_gauge_;
    ops::Gauge meant_gauge_;
    ops::Gauge failed_gauge_;
    ops::Gauge spent_gauge_;
    ops::Gauge unknown_gauge_;
    std::vector<std::unique_ptr<ops::Gauge>> dropped_gauges_;
};

} // namespace pollux::accounts
