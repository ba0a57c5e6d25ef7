#include "stripe/delivery_plan.hpp"

#include "stripe/errors.hpp"
#include "stripe/ids.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr std::string_view modes[] = {"send", "hold", "drop"};

} // namespace

DeliveryPlan DeliveryPlan::changed(json::object const& how) const
{
    for (auto const& field : how) {
        if (!has_word("mode copies delay_ms parallel retries retry_ms timeout_ms time seed", field.key()))
            throw invalid("deliveries have no setting " + std::string(field.key()));
    }
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
            {"retries", retries},
            {"retry_ms", retry_ms.describe()},
            {"timeout_ms", timeout_ms},
            {"time", is_simulated_time ? "simulated" : "machine"}};
}

} // namespace pollux::sims::stripe
