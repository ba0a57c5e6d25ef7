#include "stripe/delivery_plan.hpp"

#include "stripe/clock.hpp"
#include "stripe/errors.hpp"
#include "stripe/ids.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr std::string_view modes[] = {"send", "hold", "drop"};
constexpr std::string_view schedules[] = {"stripe", "machine"};

// For up to three days, further and further apart; in a sandbox three times over a few hours. The gaps themselves are unpublished.
constexpr std::int64_t live_gaps[] = {5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour, 12 * hour, 12 * hour, 20 * hour};
constexpr std::int64_t test_gaps[] = {hour, 2 * hour, 3 * hour};

} // namespace

DeliveryPlan DeliveryPlan::changed(json::object const& how) const
{
    auto made = *this;
    if (how.contains("mode")) {
        auto const* found = std::ranges::find(modes, text_of(how, "mode"));
        if (found == std::end(modes)) throw invalid("mode is send, hold or drop");
        made.mode = static_cast<Mode>(found - modes);
    }
    if (how.contains("time")) {
        if (!has_word("machine simulated", text_of(how, "time"))) throw invalid("time is machine or simulated");
        made.is_simulated_time = text_of(how, "time") == "simulated";
    }
    if (how.contains("retries") || how.contains("retry_ms")) made.schedule = Schedule::machine;
    if (how.contains("schedule")) {
        auto const* found = std::ranges::find(schedules, text_of(how, "schedule"));
        if (found == std::end(schedules)) throw invalid("schedule is stripe or machine");
        made.schedule = static_cast<Schedule>(found - schedules);
    }
    made.copies = read_range(how, "copies", copies);
    made.delay_ms = read_range(how, "delay_ms", delay_ms);
    made.parallel = std::max<std::size_t>(1, read_count(how, "parallel", parallel));
    made.retries = read_count(how, "retries", retries);
    made.retry_ms = read_range(how, "retry_ms", retry_ms);
    made.timeout_ms = read_count(how, "timeout_ms", timeout_ms);
    if (how.contains("seed")) seed_random(static_cast<std::uint64_t>(number_of(how, "seed")));
    return made;
}

json::object DeliveryPlan::describe() const
{
    return {{"mode", modes[static_cast<std::size_t>(mode)]},
            {"copies", copies.describe()},
            {"delay_ms", delay_ms.describe()},
            {"parallel", parallel},
            {"schedule", schedules[static_cast<std::size_t>(schedule)]},
            {"retries", retries},
            {"retry_ms", retry_ms.describe()},
            {"timeout_ms", timeout_ms},
            {"time", is_simulated_time ? "simulated" : "machine"}};
}

std::span<std::int64_t const> retry_gaps(bool is_live)
{
    if (is_live) return live_gaps;
    return test_gaps;
}

} // namespace pollux::sims::stripe
