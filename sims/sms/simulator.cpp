#include "sms/simulator.hpp"

#include "server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pollux::sims::sms {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::int64_t validity_over = 30036;

asio::awaitable<void> pause(milliseconds time)
{
    if (time.count() == 0) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace

void Simulator::run_on(asio::any_io_executor executor)
{
    executor_ = executor;
    reports.run_on(std::move(executor));
}

void Simulator::set_going(SharedText text)
{
    ++moving_;
    asio::co_spawn(*executor_, move_on(std::move(text)), must_not_fail);
}

asio::awaitable<void> Simulator::move_on(SharedText text)
{
    auto const next = [&](std::string_view status, std::int64_t error_code = 0) {
        set_status(*text, std::string(status), error_code);
        reports.send(*text, account.token);
    };
    auto const& plan = reports.plan();
    auto const& rule = numbers.of(text->to);
    auto const queue = milliseconds(plan.queue_ms.pick());
    auto const step = milliseconds(plan.step_ms.pick());
    auto const outcome = rule.outcome;
    auto const error_code = rule.error_code;
    auto const validity = milliseconds(text->valid_s * 1000);
    if (text->status == "accepted") {
        text->from = account.numbers.front();
        next("queued"); // Its first status is told to nobody.
    }
    co_await pause(std::min(queue, validity));
    if (queue > validity) {
        next("failed", validity_over);
    } else if (outcome == "failed") {
        next("failed", error_code);
    } else {
        next("sent");
        co_await pause(step);
        if (outcome != "sent") next(outcome, error_code);
    }
    --moving_;
}

asio::awaitable<bool> Simulator::drain(std::size_t limit_ms)
{
    auto const end = Steady::now() + milliseconds(limit_ms);
    while (moving_ > 0 && Steady::now() < end) co_await pause(milliseconds(2));
    if (moving_ > 0) co_return false;
    auto const left = std::chrono::duration_cast<milliseconds>(end - Steady::now()).count();
    co_return co_await reports.drain(static_cast<std::size_t>(std::max<std::int64_t>(0, left)));
}

void Simulator::reset()
{
    texts.clear();
    reports.forget();
    numbers = NumberRules();
    plans = PlanQueue<CallPlan>(&read_call_plan);
    calls.clear();
}

} // namespace pollux::sims::sms
