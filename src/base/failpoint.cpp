#include "base/failpoint.hpp"

#include "base/text.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace pollux {
namespace {

struct Plan {
    std::string name;
    std::int64_t at_pass = 1;
    std::atomic<std::int64_t> passed = 0;

    Plan()
    {
        char const* text = std::getenv("FAILPOINT");
        if (text == nullptr) return;
        std::string_view plan(text);
        auto colon = plan.find(':');
        if (colon == std::string_view::npos || !plan.substr(colon + 1).starts_with("abort")) return;
        name = std::string(plan.substr(0, colon));
        if (auto at = plan.find('@'); at != std::string_view::npos) at_pass = parse_integer(plan.substr(at + 1)).value_or(1);
    }
};

Plan& plan()
{
    static Plan the_plan;
    return the_plan;
}

} // namespace

bool failpoints_armed()
{
    static bool const armed = !plan().name.empty();
    return armed;
}

void pass_failpoint(std::string_view name)
{
    if (name == plan().name && ++plan().passed == plan().at_pass) ::kill(::getpid(), SIGKILL);
}

} // namespace pollux
