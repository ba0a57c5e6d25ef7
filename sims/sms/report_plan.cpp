#include "sms/report_plan.hpp"

#include "random.hpp"

#include <algorithm>
#include <stdexcept>

namespace pollux::sims::sms {

namespace {

constexpr std::string_view modes[] = {"send", "hold", "drop"};
constexpr std::string_view reported = "queued sent delivered undelivered failed";

std::set<std::string> read_lost(json::value const& given)
{
    auto const* list = given.if_array();
    if (!list) throw std::invalid_argument("lost is a list of statuses");
    std::set<std::string> lost;
    for (auto const& one : *list) {
        if (!one.is_string() || !has_word(reported, one.get_string()))
            throw std::invalid_argument("lost is a list of " + std::string(reported));
        lost.emplace(one.get_string());
    }
    return lost;
}

std::string read_origin(std::string const& origin)
{
    if (!origin.empty() && (!origin.starts_with("http://") || origin.find('/', 7) != std::string::npos))
        throw std::invalid_argument("deliver_to is an origin without a path: http://127.0.0.1:8080");
    return origin;
}

} // namespace

ReportPlan ReportPlan::changed(json::object const& how) const
{
    auto made = *this;
    if (how.contains("mode")) {
        auto const* found = std::ranges::find(modes, text_of(how, "mode"));
        if (found == std::end(modes)) throw std::invalid_argument("mode is send, hold or drop");
        made.mode = static_cast<Mode>(found - modes);
    }
    made.queue_ms = read_range(how, "queue_ms", queue_ms);
    made.step_ms = read_range(how, "step_ms", step_ms);
    made.copies = read_range(how, "copies", copies);
    made.delay_ms = read_range(how, "delay_ms", delay_ms);
    if (auto const* given = how.if_contains("lost")) made.lost = read_lost(*given);
    made.parallel = std::max<std::size_t>(1, read_count(how, "parallel", parallel));
    made.retries = read_count(how, "retries", retries);
    made.retry_ms = read_range(how, "retry_ms", retry_ms);
    made.timeout_ms = read_count(how, "timeout_ms", timeout_ms);
    if (how.contains("deliver_to")) made.deliver_to = read_origin(text_of(how, "deliver_to"));
    if (how.contains("shared_key")) made.shared_key = text_of(how, "shared_key");
    if (how.contains("seed")) seed_random(static_cast<std::uint64_t>(number_of(how, "seed")));
    return made;
}

json::object ReportPlan::describe() const
{
    json::array lost_ones;
    for (auto const& status : lost) lost_ones.emplace_back(status);
    return {{"mode", modes[static_cast<std::size_t>(mode)]},
            {"queue_ms", queue_ms.describe()},
            {"step_ms", step_ms.describe()},
            {"copies", copies.describe()},
            {"delay_ms", delay_ms.describe()},
            {"lost", std::move(lost_ones)},
            {"parallel", parallel},
            {"retries", retries},
            {"retry_ms", retry_ms.describe()},
            {"timeout_ms", timeout_ms},
            {"deliver_to", deliver_to},
            {"shared_key", shared_key}};
}

} // namespace pollux::sims::sms
