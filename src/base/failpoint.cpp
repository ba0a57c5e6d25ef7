#include "base/failpoint.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <string>

#include <unistd.h>

namespace pollux {
namespace {

struct Plan {
    std::string name;
    std::int64_t at_pass = 1;
    std::atomic<std::int64_t> passed = 0;
};

// What is not written as it should be stands for nothing.
std::deque<Plan> read_plans(std::string_view text)
{
    std::deque<Plan> plans;
    while (!text.empty()) {
        auto const plan = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), plan.size() + 1));
        auto const colon = plan.find(':');
        if (colon == std::string_view::npos || !plan.substr(colon + 1).starts_with("abort")) continue;
        auto& added = plans.emplace_back();
        added.name = plan.substr(0, colon);
        if (auto at = plan.find('@'); at != std::string_view::npos) added.at_pass = parse_integer(plan.substr(at + 1)).value_or(1);
    }
    return plans;
}

std::string_view planned()
{
    char const* text = std::getenv("FAILPOINT");
    return text == nullptr ? "" : text;
}

std::deque<Plan>& the_plans()
{
    static auto plans = read_plans(planned());
    return plans;
}

} // namespace

bool failpoints_armed()
{
    static bool const armed = !the_plans().empty();
    return armed;
}

void pass_failpoint(std::string_view name)
{
    for (auto& plan : the_plans()) {
        if (name == plan.name && ++plan.passed == plan.at_pass) ::kill(::getpid(), SIGKILL);
    }
}

} // namespace pollux
