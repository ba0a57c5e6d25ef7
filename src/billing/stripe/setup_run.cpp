#include "billing/stripe/setup_run.hpp"

#include "base/secrets.hpp"

namespace pollux::billing::stripe {
namespace {

constexpr std::chrono::seconds call_time_max{20};

} // namespace

Steady::time_point SetupRun::soon()
{
    return Steady::now() + call_time_max;
}

void SetupRun::say(SetupDone done, std::string what)
{
    outcome.lines.push_back({done, std::move(what)});
}

bool SetupRun::fail(std::string what, std::string const& detail)
{
    outcome.failure = std::move(what) + (detail.empty() ? "" : ": " + detail);
    return false;
}

asio::awaitable<std::optional<Answer>> SetupRun::post(std::string path, Form form, std::string what)
{
    auto answer = co_await api_.call(
        {.method = "POST", .path = std::move(path), .form = std::move(form), .operation = random_token(), .deadline = soon()});
    if (answer.outcome == Outcome::done) co_return answer;
    fail(std::move(what), answer.detail);
    outcome.is_invalid = answer.status == 400;
    co_return std::nullopt;
}

} // namespace pollux::billing::stripe
